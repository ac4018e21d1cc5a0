// Which proxy the environment means for an address: every form that curl and Go programs understand.
import assert from "node:assert/strict";
import { proxyFor } from "../../../provider/importer/sources/http-proxy.js";

describe("the proxy of the environment", () => {
    const proxy = "http://proxy:3128/";

    it("is the one for the address's protocol, by a name in lower case or upper case", () => {
        for (const [address, environment, expected] of [
            ["http://host/a", { http_proxy: proxy }, proxy],
            ["http://host/a", { HTTP_PROXY: proxy }, proxy],
            ["http://host/a", { http_proxy: proxy, HTTP_PROXY: "http://other:1" }, proxy],
            ["http://host/a", { http_proxy: "", HTTP_PROXY: proxy }, undefined],
            ["https://host/a", { https_proxy: proxy }, proxy],
            ["https://host/a", { HTTPS_PROXY: proxy }, proxy],
            ["https://host/a", { http_proxy: proxy }, undefined],
            ["http://host/a", { https_proxy: proxy }, undefined],
            ["http://host/a", { http_proxy: "proxy:3128" }, proxy],
            ["http://host/a", { http_proxy: "https://proxy:3128" }, "https://proxy:3128/"],
            ["http://host/a", { http_proxy: "http://u:p%40@proxy:3128" }, "http://u:p%40@proxy:3128/"],
            ["http://host/a", {}, undefined],
        ] as const) {
            assert.equal(proxyFor(new URL(address), environment), expected, JSON.stringify([address, environment]));
        }
    });

    for (const [noProxy, direct, proxied] of [
        ["*", ["http://any/"], []],
        ["other, *", ["http://any/", "http://[::1]/"], []],
        ["example.com", ["http://example.com/", "http://a.b.example.com/"], ["http://notexample.com/", "http://com/"]],
        [".example.com", ["http://example.com/", "http://a.example.com/"], ["http://notexample.com/"]],
        ["*.example.com", ["http://a.example.com/"], ["http://example.org/"]],
        ["EXAMPLE.com", ["http://Example.COM/", "http://example.com./"], []],
        ["example.com:8080", ["http://example.com:8080/"], ["http://example.com/", "https://example.com/"]],
        ["example.com:443", ["https://example.com/"], ["http://example.com/", "https://example.com:8443/"]],
        ["a,b c\td", ["http://a/", "http://b/", "http://c/", "http://d/"], ["http://e/"]],
        ["127.0.0.1", ["http://127.0.0.1:5000/"], ["http://127.0.0.2/"]],
        ["10.0.0.0/8,fd00::/8", ["http://10.9.8.7/", "http://[fd12::1]/"], ["http://11.0.0.1/", "http://[fe80::1]/"]],
        ["::1", ["http://[::1]/", "http://[::1]:8080/"], ["http://[::2]/"]],
        ["[::1]:8080", ["http://[::1]:8080/"], ["http://[::1]/"]],
        ["10.0.0.0/99,10.0.0.0/x,/8,:80", [], ["http://10.0.0.1/", "http://host/"]],
        ["", [], ["http://host/"]],
    ] as const) {
        it(`is passed by for no_proxy "${noProxy}" where that fits, and only there`, () => {
            for (const name of ["no_proxy", "NO_PROXY"]) {
                const environment = { http_proxy: proxy, https_proxy: proxy, [name]: noProxy };
                for (const address of direct) assert.equal(proxyFor(new URL(address), environment), undefined, address);
                for (const address of proxied) assert.equal(proxyFor(new URL(address), environment), proxy, address);
            }
        });
    }

    it("is refused where it is none, without repeating what may be a password", () => {
        for (const value of ["s3cret is no url", "socks5://u:s3cret@proxy:1080", "http://"]) {
            assert.throws(
                () => proxyFor(new URL("http://host/"), { http_proxy: value }),
                (thrown: Error) =>
                    /^cannot use the proxy of the environment: http_proxy is not .+; write/.test(thrown.message) &&
                    !thrown.message.includes("s3cret"),
            );
        }
    });
});
