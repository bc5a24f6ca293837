// Loads the extension for VS Code with a stand-in for the editor and writes what it does to $FOUND: a line each.
'use strict';
const Module = require('module');
const fs = require('fs');
const path = require('path');

const { EDITORS, AITHER, SCRIPT, FOUND } = process.env;
const found = [];
const shown = new Map();
const providers = {};

class Position {
  constructor(line, character) { Object.assign(this, { line, character }); }
  with(line, character) { return new Position(line ?? this.line, character ?? this.character); }
}
class Range {
  constructor(a, b, c, d) {
    if (typeof a === 'number') [this.start, this.end] = [new Position(a, b), new Position(c, d)];
    else [this.start, this.end] = [a, b];
  }
}
const made = (...names) => class { constructor(...values) { names.forEach((name, at) => (this[name] = values[at])); } };
const nothing = () => ({});

let text = fs.readFileSync(SCRIPT, 'utf8');
const document = {
  languageId: 'rhai',
  uri: { scheme: 'file', fsPath: SCRIPT },
  getText: () => text,
  lineAt: (line) => ({ text: text.split('\n')[line] }),
};
const vscode = {
  Position, Range,
  CompletionItem: made('label', 'kind'), MarkdownString: made('value'), Hover: made('contents', 'range'),
  Diagnostic: made('range', 'message', 'severity'), DiagnosticRelatedInformation: made('location', 'message'),
  Location: made('uri', 'range'), Uri: { file: (fsPath) => ({ fsPath }) },
  CompletionItemKind: new Proxy({}, { get: (_, kind) => kind }),
  DiagnosticSeverity: new Proxy({}, { get: (_, severity) => severity }),
  languages: {
    createDiagnosticCollection: () => ({
      set: (uri, list) => shown.set(uri.fsPath, list),
      delete: (uri) => shown.delete(uri.fsPath),
    }),
    registerCompletionItemProvider: (_, provider) => (providers.completion = provider),
    registerHoverProvider: (_, provider) => (providers.hover = provider),
  },
  workspace: {
    textDocuments: [document],
    onDidOpenTextDocument: nothing,
    onDidCloseTextDocument: nothing,
    onDidChangeTextDocument: (listener) => (providers.change = listener),
    getConfiguration: () => ({ get: (name) => ({ path: AITHER, folder: '' })[name] }),
    getWorkspaceFolder: () => undefined,
  },
  window: { showWarningMessage: (message) => found.push(`warning ${message}`) },
};
const load = Module._load;
Module._load = (name, ...rest) => (name === 'vscode' ? vscode : load(name, ...rest));

const folder = path.join(EDITORS, 'vscode');
const about = require(path.join(folder, 'package.json'));
const { languages, grammars } = about.contributes;
const grammar = JSON.parse(fs.readFileSync(path.join(folder, grammars[0].path), 'utf8'));
JSON.parse(fs.readFileSync(path.join(folder, languages[0].configuration), 'utf8'));
found.push(`language ${languages[0].id} ${languages[0].extensions} ${grammar.scopeName}`);
// The first pattern of the grammar that matches there, as the editor looks for it.
const scope = (words, nth) => {
  const at = text.indexOf(words) + nth;
  const start = text.lastIndexOf('\n', at - 1) + 1;
  const line = text.slice(start).split('\n')[0];
  const patterns = grammar.repository.all.patterns.filter((pattern) => pattern.match || pattern.begin);
  const first = patterns.map((pattern) => {
    const expression = new RegExp(pattern.match || pattern.begin, 'g');
    expression.lastIndex = at - start;
    const match = expression.exec(line);
    return { pattern, index: match && match.index === at - start ? 0 : Infinity };
  }).find((one) => one.index === 0);
  return first && (first.pattern.name || first.pattern.captures[2].name);
};
for (const [words, nth] of [['/// Makes', 0], ['fn loud', 0], ['register', 0], ['"a"', 0], ['osc(220', 0], ['let name', 0], ['s.t', 0]]) {
  found.push(`${words} ${nth} ${scope(words, nth)}`);
}

require(path.join(folder, about.main)).activate({ subscriptions: [] });
const offers = (base) => {
  const kept = text;
  text += base;
  const position = new Position(text.split('\n').length - 1, base.length);
  const items = providers.completion.provideCompletionItems(document, position);
  text = kept;
  return items.map((item) => item.label).filter((label) => label.startsWith(base)).join(' ');
};
for (const base of ['lp', 's.t', 'lou', 'swit']) found.push(`${base} offers ${offers(base)}`);
found.push(`s offers ${offers('s').split(' ').filter((word) => word.includes('.')).length} with a dot`);
const hover = (words) => {
  const before = text.slice(0, text.indexOf(words) + 1).split('\n');
  const position = new Position(before.length - 1, before[before.length - 1].length);
  return providers.hover.provideHover(document, position).contents.value.split('\n')[1];
};
found.push(`hover ${hover('lpf')}`, `hover ${hover('loud(osc')}`);

const problems = () => [...shown.values()].flat().map(({ range }) => {
  const line = text.split('\n')[range.start.line];
  return `${range.start.line + 1} ${line.slice(range.start.character, range.end.character)}`;
});
const until = (wanted, then, patience = 200) => {
  if (problems().length !== wanted && patience > 0) return setTimeout(() => until(wanted, then, patience - 1), 100);
  found.push(`problems ${problems().join(', ')}`);
  then();
};
until(2, () => {
  // Not saved: what stands in the document counts.
  text = text.replace('oscc', 'osc');
  providers.change({ document });
  until(1, () => fs.writeFileSync(FOUND, found.join('\n') + '\n'));
});
