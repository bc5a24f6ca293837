//! What became of each figure since an earlier measurement, as ratios. It measures nothing.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use serde::Serialize;

use super::figures::{Figures, VERSION};
use crate::ir::Way;

/// Figures now beside those of then, as ratios: 2 is twice as much as then. What was 0, or is not in both, has none.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// What was measured then.
    pub path: String,
    /// By the names that the figures have.
    pub ratios: BTreeMap<&'static str, f64>,
    /// Nanoseconds per frame of each signal, by its name.
    pub per_signal: BTreeMap<String, f64>,
    /// What rendered those signals then that something else renders now, by their names.
    pub ways: BTreeMap<String, Way>,
}

/// Figures that `aither bench --json` has printed into a file.
///
/// # Errors
/// When there is no such file, or something else in it.
pub fn earlier(path: &Path) -> anyhow::Result<Figures> {
    let shown = path.display();
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
    let help = "write one with `aither bench PATH --json > FILE`";
    let value = serde_json::from_str::<serde_json::Value>(&text)
        .with_context(|| format!("{shown} holds no figures of `aither bench`; {help}"))?;
    match value.get("bench").and_then(serde_json::Value::as_u64) {
        None => bail!("{shown} holds no figures of `aither bench`; {help}"),
        Some(version) if version != u64::from(VERSION) => {
            bail!("{shown} has figures of version {version}, and this is version {VERSION}; {help}")
        }
        Some(_) => serde_json::from_value(value).with_context(|| format!("{shown} lacks figures; {help}")),
    }
}

impl Compared {
    /// Compares what is with what was.
    pub fn new(then: &Figures, now: &Figures) -> Compared {
        let ratios = now.all().into_iter().zip(then.all());
        let ratios = ratios.filter_map(|((name, now), (_, then))| Some((name, ratio(then, now)?)));
        let known = then.per_signal.iter().filter_map(|signal| Some((&*signal.name, signal.ns_per_frame?)));
        let known = known.collect::<HashMap<_, _>>();
        let per_signal = now.per_signal.iter().filter_map(|signal| {
            let then = *known.get(&*signal.name)?;
            Some((signal.name.clone(), ratio(then, signal.ns_per_frame?)?))
        });
        let known = then.per_signal.iter().filter_map(|signal| Some((&*signal.name, signal.way.as_ref()?)));
        let known = known.collect::<HashMap<_, _>>();
        let ways = now.per_signal.iter().filter_map(|signal| {
            let then = *known.get(&*signal.name)?;
            (signal.way.as_ref()? != then).then(|| (signal.name.clone(), then.clone()))
        });
        Compared {
            path: then.path.clone(),
            ratios: ratios.collect(),
            per_signal: per_signal.collect(),
            ways: ways.collect(),
        }
    }
}

fn ratio(then: f64, now: f64) -> Option<f64> {
    (then != 0.0).then(|| now / then)
}
