//! `import` between scripts: finds the file, runs it once per evaluation, remembers who uses it. It reads no disk itself.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use rhai::{Engine, EvalAltResult, Module, ModuleResolver, Position, Scope};

use super::engine::{Shared as SharedRun, compile, thrown};
use super::rewrite::Rewriter;
use super::{Error, Functions, words};
use crate::ir::Place;

type SharedModule = rhai::Shared<Module>;

/// Where imported files come from.
pub trait Sources {
    /// The text of a file by its path relative to the folder of scripts, with forward slashes; `None` if there is none.
    fn read(&self, path: &str) -> Option<String>;
}

/// The imports of the evaluation that runs.
#[derive(Default)]
pub(super) struct Imports {
    sources: Option<Rc<dyn Sources>>,
    run: SharedRun,
    rewriter: Option<Rc<Rewriter>>,
    modules: HashMap<String, SharedModule>,
}

impl Imports {
    pub fn start(&mut self, sources: Rc<dyn Sources>, run: SharedRun, rewriter: Rc<Rewriter>) {
        *self = Imports { sources: Some(sources), run, rewriter: Some(rewriter), modules: HashMap::new() };
    }

    pub fn finish(&mut self) {
        self.sources = None;
        self.modules.clear();
    }
}

/// Rhai's way in.
pub(super) struct Resolver(pub Rc<RefCell<Imports>>);

impl ModuleResolver for Resolver {
    fn resolve(
        &self,
        engine: &Engine,
        source: Option<&str>,
        path: &str,
        position: Position,
    ) -> Result<SharedModule, Box<EvalAltResult>> {
        let (sources, run) = {
            let imports = self.0.borrow();
            (imports.sources.clone(), imports.run.clone())
        };
        let place = run.borrow().place(source, position);
        let found = sources.and_then(|sources| {
            candidates(source, path).into_iter().find_map(|file| Some((sources.read(&file)?, file)))
        });
        let Some((text, file)) = found else {
            let tried = candidates(source, path).join("` or `");
            let error = Error::at(place, format!("there is no script `{path}` to import"));
            return Err(thrown(error.help(format!("a file `{tried}` in the folder of scripts")), position));
        };
        if let Some(module) = self.0.borrow().modules.get(&file) {
            return Ok(module.clone());
        }
        self.load(engine, &run, file, &text, place, position)
    }
}

impl Resolver {
    fn load(
        &self,
        engine: &Engine,
        run: &SharedRun,
        file: String,
        text: &str,
        place: Place,
        position: Position,
    ) -> Result<SharedModule, Box<EvalAltResult>> {
        let number = {
            let mut run = run.borrow_mut();
            let open = &run.importing;
            if let Some(at) = run.files.iter().position(|known| *known == file)
                && (at == 0 || open.contains(&(at as u16)))
            {
                let round = run.importing.iter().map(|&at| run.files[at as usize].clone()).collect::<Vec<_>>();
                let round = if round.is_empty() { file.clone() } else { round.join("` → `") };
                let error = Error::at(place, format!("`{file}` imports itself, by way of `{round}`"));
                return Err(thrown(error.help("move what both need into a third file"), position));
            }
            run.files.push(file.clone());
            let number = run.files.len() as u16 - 1;
            run.importing.push(number);
            run.functions.files.push(Functions::default());
            number
        };
        let loaded = compile(engine, &file, text).and_then(|ast| {
            let own = crate::helpers::own::read(text);
            run.borrow_mut().functions.files[number as usize] = Functions { own, ..Functions::of(&ast) };
            words::warn_of_shadowing(number, run);
            let rewriter = self.0.borrow().rewriter.clone();
            let ast = match rewriter {
                Some(rewriter) => rewriter.rewrite(ast),
                None => ast,
            };
            Module::eval_ast_as_new(Scope::new(), &ast, engine)
        });
        run.borrow_mut().importing.pop();
        let module: SharedModule = match loaded {
            Ok(module) => module.into(),
            Err(error) => return Err(EvalAltResult::ErrorInModule(file, error, position).into()),
        };
        self.0.borrow_mut().modules.insert(file, module.clone());
        Ok(module)
    }
}

/// Paths that an import may mean: beside the importing file first, then from the top of the folder.
pub fn candidates(importer: Option<&str>, path: &str) -> Vec<String> {
    let with_ending = |path: String| if path.ends_with(".rhai") { path } else { path + ".rhai" };
    let folder = importer.and_then(|file| file.rsplit_once('/')).map_or("", |(folder, _)| folder);
    let mut found = Vec::new();
    for base in [folder, ""] {
        let joined = normal(&with_ending(format!("{base}/{path}")));
        if let Some(joined) = joined
            && !found.contains(&joined)
        {
            found.push(joined);
        }
    }
    found
}

/// A relative path without `.` and `..`; `None` where it leaves the folder.
fn normal(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
