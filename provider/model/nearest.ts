// "did you mean": the allowed word that is nearest to what was typed.

/** The nearest of the allowed words by edit distance; undefined where none is near enough to be meant. */
export function nearest(typed: string, allowed: readonly string[]): string | undefined {
    const ranked = allowed
        .map((word) => ({ word, distance: editDistance(typed.toLowerCase(), word.toLowerCase()) }))
        .sort((a, b) => a.distance - b.distance);
    const best = ranked[0];
    return best !== undefined && best.distance <= Math.max(2, Math.floor(best.word.length / 3)) ? best.word : undefined;
}

/** Levenshtein's distance, row by row. */
function editDistance(a: string, b: string): number {
    let row = Array.from({ length: b.length + 1 }, (_, index) => index);
    for (let i = 1; i <= a.length; i++) {
        const next = [i];
        for (let j = 1; j <= b.length; j++) {
            const substitute = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
            next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitute));
        }
        row = next;
    }
    return row[b.length] ?? 0;
}
