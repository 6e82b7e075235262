// Fills a folder with the pages at /docs and /redoc and what they load.
//
//     node build.mjs OUT
//
// OUT/docs.html and OUT/redoc.html name their scripts and styles as they are named here; in OUT these lie below assets/, with the
// hash of their contents in their names, so that browsers may keep them for ever.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const out = process.argv[2];

const read = (...path) => readFileSync(join(here, ...path), 'utf8');
const ofPackage = (name, file) => read('node_modules', name, file);

function replaceOnce(text, from, to) {
    if (text.split(from).length !== 2) throw new Error(`"${from}" should be there once: look at the new release`);
    return text.replace(from, () => to);
}

// Source maps stay behind: nobody should be sent to look for them.
const withoutMap = (text) => text.replace(/\n?\/[/*]# sourceMappingURL=[^\n]*\n?$/, '\n');

// ReDoc shows its maker's logo beside its maker's name, from a host of theirs. The name stays; without the picture no page of
// this server asks another host for anything.
const redoc = () =>
    replaceOnce(ofPackage('redoc', 'bundles/redoc.standalone.js'), 'https://cdn.redoc.ly/redoc/logo-mini.svg', 'data:,');

const LICENCES = {
    'swagger-ui-dist': ['NOTICE', 'LICENSE', 'swagger-ui-bundle.js.LICENSE.txt'],
    redoc: ['LICENSE', 'bundles/redoc.standalone.js.LICENSE.txt'],
};

function licences() {
    const parts = ['The pages at /docs and /redoc contain the following software.'];
    for (const [name, files] of Object.entries(LICENCES)) {
        const { version } = JSON.parse(ofPackage(name, 'package.json'));
        parts.push(`${'='.repeat(80)}\n${name} ${version}`, ...files.map((file) => ofPackage(name, file).trim()));
    }
    return `${parts.join('\n\n')}\n`;
}

const assets = {
    'docs.css': read('docs.css'),
    'docs.js': read('docs.js'),
    'icon.svg': read('icon.svg'),
    'licenses.txt': licences(),
    'redoc.js': read('redoc.js'),
    'redoc.standalone.js': withoutMap(redoc()),
    'swagger-ui-bundle.js': withoutMap(ofPackage('swagger-ui-dist', 'swagger-ui-bundle.js')),
    'swagger-ui.css': withoutMap(ofPackage('swagger-ui-dist', 'swagger-ui.css')),
};

mkdirSync(join(out, 'assets'), { recursive: true });
const addresses = {};
for (const [name, contents] of Object.entries(assets)) {
    const ending = extname(name);
    const hash = createHash('sha256').update(contents).digest('hex').slice(0, 8);
    const address = `/assets/${name.slice(0, -ending.length)}-${hash}${ending}`;
    writeFileSync(join(out, address), contents);
    addresses[name] = address;
}

for (const page of ['docs.html', 'redoc.html']) {
    const html = read(page).replace(/(href|src)="([^"/]+)"/g, (_, attribute, name) => {
        if (!addresses[name]) throw new Error(`${page} names ${name}, which is not among the assets`);
        return `${attribute}="${addresses[name]}"`;
    });
    writeFileSync(join(out, page), html);
}
