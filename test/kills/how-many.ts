// How often a suite kills: so often as a build server has time for, or as often as an evening allows.

/** `BOOTSOURCE_KILLS=200` is for an evening. */
export function howManyKills(onBuildServer: number): number {
    return Number(process.env["BOOTSOURCE_KILLS"] ?? onBuildServer);
}
