// Columns of text: as wide as what is in them, and where room is scarce only those that matter most.

/** A column of a table of such rows. */
export interface Column<T> {
    readonly heading: string;
    readonly cell: (row: T) => string;
    /** Those with lower numbers are shown first. */
    readonly rank: number;
}

/** Lines with columns as wide as what is in them. */
export function tableOf(rows: readonly (readonly string[])[]): string[] {
    const widths = widthsOf(rows);
    return rows.map((row) =>
        row
            .map((cell, column) => cell.padEnd(widths[column] ?? 0))
            .join(gap)
            .trimEnd(),
    );
}

/** The same in `width` letters, as long as the first two columns leave room; `left` are the headings of those that had none. */
export function fittedTable<T>(
    columns: readonly Column<T>[],
    rows: readonly T[],
    width: number,
): { readonly lines: string[]; readonly left: string[] } {
    const texts = [columns.map(({ heading }) => heading), ...rows.map((row) => columns.map(({ cell }) => cell(row)))];
    const widths = widthsOf(texts);
    let room = width + gap.length;
    const shown = new Set<number>();
    for (const [index, { rank }] of [...columns.entries()].sort(([, a], [, b]) => a.rank - b.rank)) {
        const takes = (widths[index] ?? 0) + gap.length;
        if (takes > room && rank > alwaysShown) continue;
        shown.add(index);
        room -= takes;
    }
    return {
        lines: tableOf(texts.map((row) => row.filter((_, index) => shown.has(index)))),
        left: columns.filter((_, index) => !shown.has(index)).map(({ heading }) => heading),
    };
}

/** A sentence in lines of so many letters, the later ones indented; words are left whole. */
export function wrapped(text: string, width: number): string[] {
    const lines: string[] = [];
    for (const word of text.trimEnd().split(" ")) {
        const line = lines.at(-1);
        if (line === undefined) lines.push(word);
        else if (line.length + 1 + word.length <= width || line.trim() === "")
            lines[lines.length - 1] = `${line} ${word}`;
        else lines.push(`${indent}${word}`);
    }
    return lines;
}

/** The letters that a person sees at once; what is no terminal is taken for one of the usual width. */
export function widthOf({ columns }: { readonly columns?: number }): number {
    return columns === undefined || columns === 0 ? usualWidth : columns;
}

/** Of a terminal. */
export const usualWidth = 80;

const gap = "  ";
const indent = "    ";
/** Columns up to this rank are shown whatever they take. */
const alwaysShown = 2;

function widthsOf(rows: readonly (readonly string[])[]): number[] {
    return (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
}
