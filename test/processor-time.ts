// How long something took of the processor: a bound that holds on a machine that is busy with other things too.

/** Milliseconds of processor time that this process uses from now on, its worker threads included. */
export function startProcessorClock(): () => number {
    const began = process.cpuUsage();
    return () => {
        const { user, system } = process.cpuUsage(began);
        return (user + system) / 1000;
    };
}
