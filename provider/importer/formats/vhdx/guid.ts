// GUIDs as they are written in a file: three numbers by their lowest byte first, and eight bytes.

/** "2dc27766-f623-4200-9d64-115e9bfd4a08" */
export function guidAt(view: DataView, at: number): string {
    const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");
    const rest = Array.from({ length: 8 }, (_, index) => hex(view.getUint8(at + 8 + index), 2)).join("");
    const [a, b, c] = [view.getUint32(at, true), view.getUint16(at + 4, true), view.getUint16(at + 6, true)];
    return `${hex(a, 8)}-${hex(b, 4)}-${hex(c, 4)}-${rest.slice(0, 4)}-${rest.slice(4)}`;
}
