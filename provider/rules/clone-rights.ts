// Who may clone an image from other namespaces, as CDI asks Kubernetes: the right to create datavolumes/source where the image lies.
import type { New, Ref } from "../model/objects.js";

/** Namespaces whose service accounts may, or everybody who is signed in. */
export type CloneableFrom = readonly string[] | "authenticated";

/** Role and binding, both named after the image. */
export function cloneRightsOf(
    from: CloneableFrom,
    { at, only }: { readonly at: Ref; readonly only: string | undefined },
    annotations: Readonly<Record<string, string>>,
): { readonly role: New<"Role">; readonly binding: New<"RoleBinding"> } {
    const { namespace = "default", name } = cloneRightsRef(at);
    const metadata = { namespace, name, annotations: { ...annotations } };
    const groups =
        from === "authenticated" ? ["system:authenticated"] : from.map((one) => `system:serviceaccounts:${one}`);
    const rule = { apiGroups: [cdi], resources: ["datavolumes/source"], verbs: ["create"] };
    return {
        // CDI names the claim or the snapshot in its question; the images of a boot source change theirs with each version.
        role: { metadata, rules: [only === undefined ? rule : { ...rule, resourceNames: [only] }] },
        binding: {
            metadata,
            roleRef: { apiGroup: rbac, kind: "Role", name: metadata.name },
            subjects: groups.map((name) => ({ kind: "Group", apiGroup: rbac, name })),
        },
    };
}

/** Where they are. */
export function cloneRightsRef({ namespace, name }: Ref): Ref {
    return { namespace, name: `${name.slice(0, 240)}-cloneable` };
}

const cdi = "cdi.kubevirt.io";
const rbac = "rbac.authorization.k8s.io";
