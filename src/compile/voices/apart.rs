//! Finds equal parts of a program that nothing joins, of which each gives channels of its own. It makes no code.

use std::collections::{HashMap, HashSet};

use super::cut::tell_apart;
use super::split::{Group, Parts, Split};
use super::units::is_free;
use crate::compile::{cells, lanes};
use crate::ir::{End, Program, ShapeKey, ValueId};

/// From so many equal parts on it is worth while to turn them into lanes and back: fewer hide each other's latency as single numbers.
const FEWEST: usize = 8;

/// Equal parts of a valid program that go side by side, if it has any; the rest writes what it gives to its last memories.
pub fn apart(program: &Program) -> Option<Split> {
    let [block] = program.blocks.as_slice() else { return None };
    let Some(End::Return(given)) = &block.end else { return None };
    if given.len() < FEWEST {
        return None;
    }
    let fixed = cells::fixed(program);
    let nothing = vec![false; program.insts.len()];
    let parts = Parts::of(program, block, &fixed, nothing.clone(), nothing);
    let groups = groups(&parts, given);
    (!groups.is_empty()).then(|| cut(&parts, given, groups))
}

/// The parts that give a channel, those that are equal together.
fn groups(parts: &Parts, given: &[ValueId]) -> Vec<Group> {
    let mut gives: Vec<(u32, Vec<(u32, ValueId)>)> = Vec::new();
    let mut places = HashMap::new();
    for (channel, &value) in given.iter().enumerate().filter(|(_, value)| !is_free(parts.program.inst(**value).op)) {
        let place = *places.entry(parts.part(value)).or_insert(gives.len());
        if place == gives.len() {
            gives.push((parts.part(value), Vec::new()));
        }
        gives[place].1.push((channel as u32, value));
    }
    let mut groups: Vec<Group> = Vec::new();
    let mut known: HashMap<ShapeKey, usize> = HashMap::new();
    for (part, exits) in gives {
        let (channels, values): (Vec<_>, Vec<_>) = exits.into_iter().unzip();
        let has = parts.bodies[&part].iter().all(|value| lanes::has(parts.program.inst(*value).op));
        let Some((voice, mut member)) = parts.voice(part, &values).filter(|_| has) else { continue };
        member.channels = channels;
        let shape = ShapeKey::of(&voice);
        let group = *known.entry(shape).or_insert(groups.len());
        if group == groups.len() {
            groups.push(Group { voice, shape, members: Vec::new(), sums: Vec::new(), buffer: 0 });
        }
        groups[group].members.push(member);
    }
    groups.retain(|group| group.members.len() >= FEWEST);
    for group in &mut groups {
        tell_apart(&mut group.voice, &group.members);
        group.shape = ShapeKey::of(&group.voice);
    }
    groups
}

fn cut(parts: &Parts, given: &[ValueId], groups: Vec<Group>) -> Split {
    let mut taken = vec![false; given.len()];
    let channels = groups.iter().flat_map(|group| &group.members).flat_map(|member| &member.channels);
    channels.for_each(|channel| taken[*channel as usize] = true);
    let gone = given.iter().zip(&taken).filter(|(_, taken)| **taken).map(|(value, _)| parts.part(*value));
    let gone = gone.collect::<HashSet<_>>();
    let left = (0..given.len()).filter(|channel| !taken[*channel]).collect::<Vec<_>>();
    let rest = parts.writing(|value| !gone.contains(&parts.part(value)), left.iter().map(|channel| given[*channel]));
    let given = left.into_iter().map(|channel| channel as u32).collect();
    Split { before: None, feeds: 0, groups, rest, given }
}
