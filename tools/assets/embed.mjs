// Makes one block of bytes and its table of the files that the binary serves (src/assets/assets.h).
//
//     node embed.mjs OUT FOLDER...
//
// Every file below a FOLDER becomes an asset whose path is where it lies there: docs.html of a folder is /docs.html. Writes
// OUT/assets.bin, the compressed contents one after the other, and OUT/assets.inc, a row for each, ordered by path.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';

const TYPES = {
    '.css': 'text/css; charset=utf-8',
    '.html': 'text/html; charset=utf-8',
    '.js': 'text/javascript; charset=utf-8',
    '.json': 'application/json',
    '.png': 'image/png',
    '.svg': 'image/svg+xml',
    '.txt': 'text/plain; charset=utf-8',
    '.woff2': 'font/woff2',
};

const typeOf = (path) => {
    const type = TYPES[extname(path)];
    if (!type) throw new Error(`${path}: what is the content type of ${extname(path)}? Add it to embed.mjs`);
    return type;
};

const filesBelow = (folder) =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
        const path = join(folder, entry.name);
        return entry.isDirectory() ? filesBelow(path) : [path];
    });

function readAssets(folders) {
    const assets = new Map();
    for (const folder of folders)
        for (const file of filesBelow(folder)) {
            const path = `/${relative(folder, file)}`;
            if (!/^[\w./-]+$/.test(path)) throw new Error(`${path}: a name that would have to be encoded in a URL`);
            if (assets.has(path)) throw new Error(`${path} is in two folders`);
            assets.set(path, readFileSync(file));
        }
    // In the order of bytes, by which the table is searched.
    return [...assets].sort(([a], [b]) => (a < b ? -1 : 1));
}

const [out, ...folders] = process.argv.slice(2);
try {
    const blocks = [];
    let offset = 0;
    const rows = readAssets(folders).map(([path, contents]) => {
        const compressed = gzipSync(contents, { level: 9 });
        const hash = createHash('sha256').update(contents).digest('hex').slice(0, 16);
        const row = `{"${path}", "${typeOf(path)}", R"(W/"${hash}")", block(${offset}, ${compressed.length}), ${contents.length}},\n`;
        blocks.push(compressed);
        offset += compressed.length;
        return row;
    });
    writeFileSync(join(out, 'assets.bin'), Buffer.concat(blocks));
    writeFileSync(join(out, 'assets.inc'), rows.join(''));
} catch (error) {
    console.error(`embed: ${error.message}`);
    process.exit(1);
}
