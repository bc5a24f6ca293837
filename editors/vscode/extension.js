// Rhai scripts for Aither in VS Code: completion and hover from the reference, problems by `aither check`. It plays nothing:
// what is saved is heard by the engine that runs.
'use strict';

const vscode = require('vscode');
const path = require('path');
const { spawn } = require('child_process');
const { wordAt, own, markdown, command, problems } = require('./words.js');
const offers = require('./words.json');

/** How long nobody must have typed before a script is checked, in milliseconds. */
const PAUSE = 250;

const KINDS = {
  helper: 'Function', math: 'Function', own: 'Function', language: 'Keyword', constant: 'Constant', world: 'Field',
  keyword: 'Keyword', literal: 'Value',
};
const SEVERITIES = { error: 'Error', warning: 'Warning', note: 'Information' };

/** Word to what is known of it, the functions of a document last. */
function known(document) {
  return new Map([...offers, ...own(document.getText())].map((offer) => [offer.word, offer]));
}

const completion = {
  provideCompletionItems(document, position) {
    const here = wordAt(document.lineAt(position.line).text, position.character);
    const start = here ? position.with(undefined, here.start) : position;
    const dotted = here && here.word.startsWith('s.');
    const items = [...known(document).values()].filter((offer) => (offer.kind === 'world') === !!dotted);
    return items.map((offer) => {
      const item = new vscode.CompletionItem(offer.word, vscode.CompletionItemKind[KINDS[offer.kind]]);
      item.detail = offer.signature;
      item.documentation = new vscode.MarkdownString(markdown(offer));
      item.range = new vscode.Range(start, position);
      return item;
    });
  },
};

const hover = {
  provideHover(document, position) {
    const here = wordAt(document.lineAt(position.line).text, position.character);
    const offer = here && known(document).get(here.word);
    if (!offer || !offer.about) return undefined;
    const range = new vscode.Range(position.line, here.start, position.line, here.end);
    return new vscode.Hover(new vscode.MarkdownString(markdown(offer)), range);
  },
};

function range({ start, end }) {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}

function diagnostic(problem) {
  const made = new vscode.Diagnostic(range(problem.range), problem.message, vscode.DiagnosticSeverity[SEVERITIES[problem.severity]]);
  made.source = 'aither';
  made.relatedInformation = problem.related.map(
    (also) => new vscode.DiagnosticRelatedInformation(new vscode.Location(vscode.Uri.file(also.file), range(also.range)), also.message),
  );
  return made;
}

/** Checks documents, and keeps what was found of which. */
class Checker {
  constructor() {
    this.collection = vscode.languages.createDiagnosticCollection('aither');
    this.waiting = new Map();
    this.newest = new Map();
    /** The files that the check of a document told something of. */
    this.told = new Map();
    this.complained = false;
  }

  later(document) {
    if (document.languageId !== 'rhai' || document.uri.scheme !== 'file') return;
    const file = document.uri.fsPath;
    clearTimeout(this.waiting.get(file));
    this.waiting.set(file, setTimeout(() => this.check(document), PAUSE));
  }

  forget(document) {
    const file = document.uri.fsPath;
    clearTimeout(this.waiting.get(file));
    this.newest.delete(file);
    this.show(file, {});
  }

  check(document) {
    const file = document.uri.fsPath;
    const settings = vscode.workspace.getConfiguration('aither', document.uri);
    const workspace = vscode.workspace.getWorkspaceFolder(document.uri);
    const named = settings.get('folder');
    const folder = named && path.resolve(workspace ? workspace.uri.fsPath : path.dirname(file), named);
    // A script beside the folder that is played is checked alone.
    const inside = folder && !path.relative(folder, file).startsWith('..');
    const child = spawn(settings.get('path'), command(file, inside ? folder : ''));
    this.newest.set(file, child);
    let text = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (part) => (text += part));
    child.stdin.on('error', () => {});
    child.on('error', (error) => this.complain(`${settings.get('path')} cannot be run: ${error.message}; set "aither.path"`));
    child.on('close', () => {
      if (this.newest.get(file) !== child || !text) return;
      try {
        this.show(file, problems(text));
      } catch (error) {
        this.complain(error.message);
      }
    });
    child.stdin.end(document.getText());
  }

  show(file, found) {
    for (const old of this.told.get(file) || []) this.collection.delete(vscode.Uri.file(old));
    for (const [name, list] of Object.entries(found)) this.collection.set(vscode.Uri.file(name), list.map(diagnostic));
    this.told.set(file, Object.keys(found));
  }

  complain(message) {
    if (!this.complained) vscode.window.showWarningMessage(`Aither: ${message}`);
    this.complained = true;
  }
}

function activate(context) {
  const checker = new Checker();
  context.subscriptions.push(
    checker.collection,
    vscode.languages.registerCompletionItemProvider('rhai', completion, '.'),
    vscode.languages.registerHoverProvider('rhai', hover),
    vscode.workspace.onDidOpenTextDocument((document) => checker.later(document)),
    vscode.workspace.onDidChangeTextDocument((event) => checker.later(event.document)),
    vscode.workspace.onDidCloseTextDocument((document) => checker.forget(document)),
  );
  vscode.workspace.textDocuments.forEach((document) => checker.later(document));
}

module.exports = { activate };
