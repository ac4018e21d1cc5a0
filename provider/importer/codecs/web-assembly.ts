// What is used of WebAssembly: the compiler knows it by the types of browsers only.

/** A machine's memory, in pages of 64 KiB. */
export interface Memory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
}

interface Machine {
    readonly Memory: new (size: { readonly initial: number }) => Memory;
    readonly Module: new (bytes: Uint8Array) => object;
    readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

const machine = (globalThis as unknown as { readonly WebAssembly: Machine }).WebAssembly;

/** Memory of so many pages. */
export function makeMemory(pages: number): Memory {
    return new machine.Memory({ initial: pages });
}

/** A module, compiled. */
export function compile(wasm: Uint8Array): object {
    return new machine.Module(wasm);
}

/** What a module does, over a memory. */
export function instantiate(module: object, memory: Memory): unknown {
    return new machine.Instance(module, { env: { memory } }).exports;
}
