// `npm run build`: the set-up without the Pulumi CLI; compiles code and tests into dist.
"use strict";
const { withRightNode } = require("./setup/node.cjs");

withRightNode(__filename, async function () {
    await require("./setup/index.cjs").setUp({ pulumi: false });
    return 0;
});
