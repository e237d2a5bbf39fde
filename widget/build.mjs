// Builds the widget: `node build.mjs [folder]` writes a script for each language, with its SRI hash, to dist/.
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";
import { minify } from "terser";

const root = dirname(fileURLToPath(import.meta.url));
const folder = process.argv[2] ?? join(root, "dist");
// Browsers of 2022 and later. Private members stay as they are; older targets would turn them into much code.
const target = "es2022";
const css = ["chrome100", "firefox100", "safari15.4"];
const banner = "/* <iop-chat>, Apache-2.0; contains Lit (BSD-3-Clause) and socket.io-client (MIT): see licenses.txt */";
const contained = ["lit", "socket.io-client", "engine.io-client", "engine.io-parser", "@socket.io/component-emitter"];

const parts = {
  name: "parts",
  setup(builder) {
    // A style sheet is imported as a string: the widget adopts it in its shadow root, where no <style> is needed.
    builder.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), { loader: "css", minify: true, target: css });
      return { contents: code.trim(), loader: "text" };
    });
    // Plain requests by the library's own newer and smaller transport; and one that the channel does not have.
    builder.onLoad({ filter: /engine\.io-client.*polling-xhr\.js$/ }, () => ({
      contents: 'export { Fetch as XHR } from "./polling-fetch.js";',
    }));
    builder.onLoad({ filter: /engine\.io-client.*webtransport\.js$/ }, () => ({ contents: "export const WT = null;" }));
    // Addresses are taken apart and put together by the browser.
    builder.onLoad({ filter: /engine\.io-client.*parse(uri|qs)\.js$/ }, () => ({
      contents: 'export { parse, encode, decode } from "./src/address.ts";',
      resolveDir: root,
    }));
  },
};

await mkdir(folder, { recursive: true });
for (const [language, name] of [
  ["en", "iop-chat.js"],
  ["es", "iop-chat.es.js"],
]) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ["src/iop-chat.ts"],
    bundle: true,
    format: "esm",
    target,
    minify: true,
    legalComments: "none",
    alias: {
      // Without its part for several connections, of which we have one.
      "socket.io-client": "./node_modules/socket.io-client/build/esm/manager.js",
      "socket.io-parser": "./src/packets.ts",
      "engine.io-parser": "./src/engine_packets.ts",
      words: `./strings/${language}.json`,
    },
    plugins: [parts],
    write: false,
  });
  // A second pass saves 0.8 KB after compression.
  const { code } = await minify(outputFiles[0].text, {
    module: true,
    ecma: 2020,
    compress: { passes: 3, unsafe_arrows: true },
    format: { ecma: 2020, preamble: banner },
  });
  const hash = createHash("sha384").update(code).digest("base64");
  await writeFile(join(folder, name), code);
  await writeFile(join(folder, `${name}.sri`), `sha384-${hash}\n`);
}
const licenses = contained.map(async (name) => {
  const text = await readFile(join(root, "node_modules", name, "LICENSE"), "utf8");
  return `${name}\n\n${text.trim()}\n`;
});
await writeFile(join(folder, "licenses.txt"), (await Promise.all(licenses)).join("\n\n"));
