// A process to be killed: an agent that keeps a boot source current until everything that is asked of it is done.
import { readFileSync } from "node:fs";
import { type Goal, openStore, workUntil } from "./boot-source.js";

async function main(task: string): Promise<void> {
    const goal = JSON.parse(readFileSync(task, "utf8")) as Goal;
    const cluster = openStore(goal);
    await workUntil(cluster, goal);
    await cluster.close();
}

void main(String(process.argv[2]));
