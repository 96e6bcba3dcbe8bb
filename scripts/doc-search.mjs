#!/usr/bin/env node
// Searches the built documentation for every name of docs/names.md, as a reader would, with the search of rustdoc itself:
// the type that the table gives must be among the first results. `scripts/doc-search.mjs [FOLDER]`, by default target/doc.
import { createRequire } from 'node:module';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const FIRST = 3;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = resolve(process.argv[2] ?? join(root, 'target', 'doc'));

// What the page has from another script.
globalThis.nonnull = (value) => value;
const require = createRequire(import.meta.url);
const scripts = readdirSync(join(folder, 'static.files')).filter((file) => file.endsWith('.js'));
const part = (name) => require(join(folder, 'static.files', scripts.find((file) => file.startsWith(name))));
if (!scripts.some((file) => file.startsWith('stringdex-'))) {
    console.log('doc-search: SKIPPED, the search of this rustdoc is another');
    process.exit(77);
}
const data = (...path) => (0, eval)(readFileSync(join(folder, 'search.index', ...path), 'utf8'));
const { Stringdex, RoaringBitmap } = part('stringdex-');
const { docSearch, DocSearch } = await part('search-').initSearch(Stringdex, RoaringBitmap, {
    loadRoot(callbacks) {
        Object.assign(globalThis, callbacks);
        data(readdirSync(join(folder, 'search.index')).find((file) => file.startsWith('root')));
    },
    loadTreeByHash: (hash) => data(`${hash}.js`),
    loadDataByNameAndHash: (name, hash) => data(name, `${hash}.js`),
});

async function found(name) {
    const items = [];
    const results = await docSearch.execQuery(DocSearch.parseQuery(name), null, 'lossfn');
    for await (const { item } of results.others) {
        items.push(item.name);
        if (items.length === FIRST) {
            break;
        }
    }
    return items;
}

// The names of the losses, and those of options that are called otherwise here.
const wanted = [
    ['ignore_class', 'ignore_index'],
    ['from_logits', 'CrossEntropy'],
    ['from_logits', 'BceWithLogits'],
    ...['sample_weight', 'size_average', 'reduce', 'AUTO', 'SUM_OVER_BATCH_SIZE', 'batchmean'].map((name) => [name, 'Call']),
];
for (const line of readFileSync(join(root, 'docs', 'names.md'), 'utf8').split('\n')) {
    const row = line.match(/^\| (`[^|]*`) \| `(\w+)::new\(/);
    if (row && row[2] !== 'Call') {
        wanted.push(...[...row[1].matchAll(/`(\w+)`/g)].map(([, name]) => [name, row[2]]));
    }
}
if (wanted.length < 66) {
    console.error(`doc-search: docs/names.md has ${wanted.length} names, which is too few: its form has changed`);
    process.exit(1);
}
let missing = 0;
for (const [name, item] of wanted) {
    const items = await found(name);
    if (!items.includes(item)) {
        missing += 1;
        console.error(`doc-search: ${name} finds ${items.join(', ') || 'nothing'}, not ${item}`);
    }
}
console.log(`doc-search: ${wanted.length} names, ${missing} of them do not find what they name`);
process.exitCode = missing > 0 ? 1 : 0;
