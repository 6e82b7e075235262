// Merges the descriptions of the APIs into one OpenAPI document.
//
//     node merge_openapi.mjs BASE VERSION OUT PART...
//
// BASE says what concerns the whole (info, servers, security schemes, shared answers) and, in "x-order", which parts come
// first. A part is an OpenAPI document of its own: one API's paths, tags and components, beside that API's code. Parts may
// refer to what BASE defines. A path's methods, a tag or a component may be in two of them only if both say the same. What a
// part says of security is written into its operations; its title becomes a group of tags, which ReDoc shows as a heading.

import { readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

const read = (file) => {
    try {
        return JSON.parse(readFileSync(file, 'utf8'));
    } catch (error) {
        throw new Error(`${file}: ${error.message}`);
    }
};

// The folder's name: src/api/orders/openapi.json is "orders".
const nameOf = (file) => basename(dirname(file));

const inOrder = (files, order) => {
    const rank = (file) => (order.includes(nameOf(file)) ? order.indexOf(nameOf(file)) : order.length);
    return [...files].sort((a, b) => rank(a) - rank(b) || nameOf(a).localeCompare(nameOf(b)));
};

function addMembers(target, source, what, file) {
    for (const [name, value] of Object.entries(source ?? {})) {
        if (name in target && !isDeepStrictEqual(target[name], value))
            throw new Error(`${file}: another part says something else about ${what} ${name}`);
        target[name] = value;
    }
}

function addPaths(document, part, file) {
    for (const [path, item] of Object.entries(part.paths ?? {})) {
        for (const method of METHODS)
            if (item[method] && part.security) item[method].security ??= part.security;
        addMembers((document.paths[path] ??= {}), item, `the path ${path}:`, file);
    }
}

function addTags(document, part, file) {
    for (const tag of part.tags ?? []) {
        const known = document.tags.find(({ name }) => name === tag.name);
        if (known && !isDeepStrictEqual(known, tag))
            throw new Error(`${file}: another part describes the tag ${tag.name} differently`);
        if (!known) document.tags.push(tag);
    }
}

// Every tag belongs to one group, that of the first part which has it.
function groupTags(parts) {
    const grouped = new Set();
    return parts
        .map(({ info, tags = [] }) => ({
            name: info.title,
            tags: tags.map(({ name }) => name).filter((name) => !grouped.has(name) && grouped.add(name)),
        }))
        .filter(({ tags }) => tags.length > 0);
}

function merge(base, files, version) {
    const { 'x-order': order, tags: own, ...rest } = base;
    const document = { ...rest, info: { ...base.info, version }, tags: [] };
    const parts = [];
    for (const file of inOrder(files, order)) {
        const part = read(file);
        addPaths(document, part, file);
        addTags(document, part, file);
        for (const [kind, members] of Object.entries(part.components ?? {}))
            addMembers((document.components[kind] ??= {}), members, `#/components/${kind}`, file);
        parts.push(part);
    }
    // The server's own tags come last: how it is matters less than what it does.
    const server = { info: { title: 'Server' }, tags: own };
    addTags(document, server, 'the base');
    document['x-tagGroups'] = groupTags([...parts, server]);
    return document;
}

const [base, version, out, ...parts] = process.argv.slice(2);
try {
    writeFileSync(out, JSON.stringify(merge(read(base), parts, version)));
} catch (error) {
    console.error(`merge_openapi: ${error.message}`);
    process.exit(1);
}
