// Images in a project of their own, as every test of the real engine has them.
import * as bootsource from "../../components/index.js";
import { type Program, type Project, makeProject } from "./project.js";
import { type Web, startWeb } from "./web.js";

type Args = Partial<bootsource.ImportedImageArgs>;

/** A web server for the whole suite and a fresh project for each test; both are gone afterwards. */
export function useEngine(): { readonly web: Web; readonly project: Project } {
    let web: Web | undefined;
    let project: Project | undefined;
    before(async () => {
        web = await startWeb();
    });
    after(() => web?.close());
    beforeEach(() => {
        project = makeProject();
    });
    afterEach(() => {
        project?.remove();
    });
    return {
        get web(): Web {
            if (web === undefined) throw new Error("the suite has not begun");
            return web;
        },
        get project(): Project {
            if (project === undefined) throw new Error("no test has begun");
            return project;
        },
    };
}

/** A program of one image, with everything that a user may export of it. */
export function image(args: Args, name = "disk"): Program {
    return () => {
        const made = new bootsource.ImportedImage(name, { source: { blank: {} }, ...args });
        const { path, digest, claimName, phase, format, virtualSize, size, modified } = made;
        return Promise.resolve({ path, digest, claimName, phase, format, virtualSize, size, modified });
    };
}

/** The arguments of an image behind a URL. */
export function http(url: string, more: Args = {}): Args {
    return { source: { http: { url } }, ...more };
}
