// The rules of the house that a program can check: typescript-eslint's strictest sets, small files, no console in the library.
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

const timers = ["setTimeout", "clearTimeout", "setInterval", "clearInterval"];
const globals = Object.fromEntries(
    ["process", "Buffer", "console", "__dirname", "__filename", ...timers].map((name) => [name, "readonly"]),
);

const filePurpose = {
    meta: {
        type: "suggestion",
        messages: { missing: "The first line of a file is a comment that says what the file is for." },
    },
    create: (context) => ({
        Program(node) {
            const first = context.sourceCode.getAllComments()[0];
            const line = context.sourceCode.lines[0]?.startsWith("#!") ? 2 : 1;
            if (first?.type === "Shebang" || first?.loc.start.line === line) return;
            context.report({ node, loc: { line: 1, column: 0 }, messageId: "missing" });
        },
    }),
};

export default defineConfig(
    { ignores: ["dist/", "node_modules/", "store/", ".pulumi/", "sdk/"] },
    {
        files: ["**/*.ts", "**/*.cjs", "**/*.mjs"],
        plugins: { house: { rules: { "file-purpose": filePurpose } } },
        rules: {
            "max-lines": ["error", 300],
            eqeqeq: "error",
            "no-restricted-syntax": [
                "error",
                {
                    selector:
                        "ImportDeclaration[source.value=/^(fs|path|os|crypto|stream|zlib|http|https|net|tls|url|util|events)(\\u002F|$)/]",
                    message: "Node's own modules are imported with the node: prefix.",
                },
            ],
            "house/file-purpose": "error",
        },
    },
    {
        files: ["**/*.ts"],
        extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
        languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
        rules: {
            // Numbers read well in messages; everything else is made a string on purpose.
            "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
            // `type` and `interface` both have their place: unions and shapes.
            "@typescript-eslint/consistent-type-definitions": "off",
            // An empty string is no value either: `name || "default"` means what it says.
            "@typescript-eslint/prefer-nullish-coalescing": ["error", { ignorePrimitives: { string: true } }],
            // A type that is imported as such never becomes a require at run time.
            "@typescript-eslint/consistent-type-imports": "error",
            // Callbacks such as `(resolve) => setTimeout(resolve, 1)` are clear as they are.
            "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
            // Contracts are async; an implementation that has nothing to wait for still keeps them.
            "@typescript-eslint/require-await": "off",
            // `const { _left, ...rest } = object` says what is left out.
            "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
            // Columns of a row and keys of a Secret are data: row["uid"] says so.
            "@typescript-eslint/dot-notation": "off",
            // An index signature with a named key explains itself; both forms are fine.
            "@typescript-eslint/consistent-indexed-object-style": "off",
            "no-console": "error",
        },
    },
    {
        files: ["test/**/*.ts"],
        rules: {
            // node:assert's and mocha's functions are used as statements, and wrong input is the point of many tests.
            "@typescript-eslint/no-non-null-assertion": "off",
            // The set-up and the package as a user has it are loaded by a path known at run time.
            "@typescript-eslint/no-require-imports": "off",
            "@typescript-eslint/no-unsafe-argument": "off",
            "@typescript-eslint/no-unsafe-assignment": "off",
            "@typescript-eslint/no-unsafe-member-access": "off",
        },
    },
    {
        // Plain JavaScript, because it runs before anything is compiled, also on a Node that is too old.
        files: ["tools/**/*.cjs", "bin/**/*.cjs"],
        languageOptions: { sourceType: "commonjs", ecmaVersion: 2022, globals },
        rules: {
            "no-undef": "error",
            "no-unused-vars": ["error", { caughtErrorsIgnorePattern: "^_" }],
            "prefer-const": "error",
        },
    },
);
