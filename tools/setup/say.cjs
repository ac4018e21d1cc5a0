// How the set-up speaks: one line per step on standard error, and errors that are sentences without a stack.
"use strict";

/** Says what happens now, and how long it may take. */
function say(sentence) {
    process.stderr.write("setup: " + sentence + "\n");
}

/** Something that the person at the keyboard can mend: shown as a sentence, without a stack. */
class SetupError extends Error {}

/** Ends the process after a failure: with the sentence alone where it is one of ours. */
function fail(error) {
    process.stderr.write(
        (error instanceof SetupError ? "setup: " + error.message : (error && error.stack) || error) + "\n",
    );
    process.exit(1);
}

module.exports = { say, SetupError, fail };
