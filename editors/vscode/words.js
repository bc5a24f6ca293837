// What is known of the words of a script, and what `aither check` says of one. It knows nothing of the editor.
'use strict';

const path = require('path');

/** Where a word begins that ends at a column: `s.` belongs to it. */
const BEFORE = /(?:\bs\.)?[A-Za-z_][A-Za-z0-9_]*$|\bs\.$/;
const AFTER = /^[A-Za-z0-9_]*/;

/** The word around a column of a line, and where it begins; nothing where there is none. */
function wordAt(line, column) {
  const before = BEFORE.exec(line.slice(0, column));
  const after = AFTER.exec(line.slice(column))[0];
  const start = before ? before.index : column;
  const word = line.slice(start, column) + after;
  return /[A-Za-z_]/.test(word[0] || '') ? { word, start, end: start + word.length } : undefined;
}

/** The functions that a script defines, with the comment above each. */
function own(text) {
  const found = [];
  const define = /((?:^[ \t]*\/\/\/.*\r?\n)*)^[ \t]*(?:private[ \t]+)?fn[ \t]+([A-Za-z_]\w*)[ \t]*\(([^)]*)\)/gm;
  for (let match; (match = define.exec(text)); ) {
    const about = match[1].replace(/^[ \t]*\/\/\/ ?/gm, '').trim();
    const parameters = match[3].replace(/\/\/.*$/gm, '').split(',').map((name) => name.trim()).filter(Boolean);
    found.push({ word: match[2], kind: 'own', signature: `${match[2]}(${parameters.join(', ')})`, about, example: '' });
  }
  return found;
}

/** What is told of a word, as Markdown. */
function markdown(offer) {
  const code = (text) => '```rhai\n' + text + '\n```';
  const about = offer.about.split('\n').join('  \n');
  return [code(offer.signature), about, offer.example && code(offer.example)].filter(Boolean).join('\n\n');
}

/** The arguments for `aither`: a file alone, or among all others of a folder; its text comes from standard input. */
function command(file, folder) {
  return ['check', folder || file, '--json', '--stdin', file];
}

/**
 * Problems by file: `{ file: [{ range, severity, message, related }] }`. Ranges are those of the protocol of language servers,
 * lines and UTF-16 units from 0; throws where `text` is not what `aither check --json` prints.
 */
function problems(text) {
  const told = JSON.parse(text);
  if (told.check !== 1) {
    throw new Error(`aither check speaks version ${told.check} of its form, and this extension version 1`);
  }
  const place = (file) => path.join(told.folder, file);
  const files = {};
  for (const one of told.diagnostics) {
    const message = one.help ? `${one.message}\nhelp: ${one.help}` : one.message;
    const related = one.also.map((also) => ({ file: place(also.file), range: also.range, message: also.message }));
    const file = place(one.file);
    (files[file] = files[file] || []).push({ range: one.range, severity: one.severity, message, related });
  }
  return files;
}

module.exports = { wordAt, own, markdown, command, problems };
