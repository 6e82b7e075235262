// Is each of these files sound OpenAPI? By the validator that ReDoc's makers use: structure, references, and examples that fit their
// schemas.
//
//     node lint.mjs FILE...

import { readFileSync } from 'node:fs';
import { createConfig, lintFromString } from '@redocly/openapi-core';

const config = await createConfig({
    extends: ['recommended-strict'],
    rules: {
        // The originals of some APIs have paths that end so.
        'no-path-trailing-slash': 'off',
        // /x/test and /x/{id}: the literal one wins (src/api/route_tree.h).
        'no-ambiguous-paths': 'off',
        // There are operations that cannot fail, and one that does nothing but fail.
        'operation-2xx-response': 'off',
        'operation-4xx-response': 'off',
    },
});

for (const file of process.argv.slice(2)) {
    const problems = await lintFromString({ source: readFileSync(file, 'utf8'), absoluteRef: file, config });
    for (const { ruleId, message, location } of problems)
        console.error(`${file}: ${location[0].pointer}: ${message.trim()} [${ruleId}]`);
    if (problems.length > 0) process.exitCode = 1;
}
