// Writes assets/dashboard-licenses-<hash>.txt, the licences of the packages that are in the bundle, and names it in the pages.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Plugin, Rollup } from 'vite';

// The folder of the package that a module belongs to.
function packageOf(module: string): string | undefined {
    const at = module.lastIndexOf('/node_modules/');
    if (at < 0) return undefined;
    let folder = dirname(module.slice(module.startsWith('\0') ? 1 : 0).replace(/\?.*$/, ''));
    while (folder.includes('/node_modules/')) {
        const description = join(folder, 'package.json');
        if (existsSync(description) && JSON.parse(readFileSync(description, 'utf8')).version) return folder;
        folder = dirname(folder);
    }
    return undefined;
}

function licenceOf(folder: string): string {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? readFileSync(join(folder, file), 'utf8').trim() : `Licence: ${license}`;
    return `${'='.repeat(80)}\n${name} ${version}\n\n${text}`;
}

function licenceFile(bundle: Rollup.OutputBundle): { fileName: string; source: string } {
    const modules = Object.values(bundle).flatMap((file) => (file.type === 'chunk' ? Object.entries(file.modules) : []));
    const used = modules.filter(([, { renderedLength }]) => renderedLength > 0);
    const folders = new Set(used.map(([module]) => packageOf(module)).filter((folder) => folder !== undefined));
    const source = `The dashboard and the portal contain the following software.\n\n${[...folders].map(licenceOf).sort().join('\n\n')}\n`;
    const hash = createHash('sha256').update(source).digest('hex').slice(0, 8);
    return { fileName: `assets/dashboard-licenses-${hash}.txt`, source };
}

export function licences(): Plugin {
    return {
        name: 'licences',
        apply: 'build',
        transformIndexHtml: {
            order: 'post',
            handler: (_html, { bundle }) => [{ tag: 'link', attrs: { rel: 'license', href: `/${licenceFile(bundle!).fileName}` }, injectTo: 'head' }],
        },
        generateBundle: {
            order: 'post',
            handler(_options, bundle) {
                this.emitFile({ type: 'asset', ...licenceFile(bundle) });
            },
        },
    };
}
