//! Random signals, edited at random: who was not touched keeps the key. What it sounds like is judged elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aither::ir::Program;
use aither::memory::{Alignment, Fate, Held, align};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::played::lowered;

/// One helper in a chain. Its number tells it from all others, since numbers are drawn once.
#[derive(Clone, Debug, PartialEq)]
struct Link {
    kind: &'static str,
    number: u32,
}

/// Voices that are added up, each a source and what it goes through.
type Voices = Vec<Vec<Link>>;

const SOURCES: [&str; 3] = ["osc", "saw", "phasor"];
const EFFECTS: [&str; 3] = ["lowpass", "highpass", "slew"];

#[derive(Clone, Debug)]
enum Edit {
    InsertVoice(usize),
    InsertLink(usize, usize),
    DeleteVoice(usize),
    DeleteLink(usize, usize),
    Duplicate(usize),
    SwapVoices(usize, usize),
    SwapLinks(usize, usize),
    Number(usize, usize),
    Kind(usize, usize),
    Wrap,
}

fn any_voice() -> impl Strategy<Value = Vec<usize>> {
    (0..3_usize, vec(0..3_usize, 0..4)).prop_map(|(source, effects)| [vec![source], effects].concat())
}

fn any_edit() -> impl Strategy<Value = Edit> {
    let place = || 0..100_usize;
    prop_oneof![
        place().prop_map(Edit::InsertVoice),
        (place(), place()).prop_map(|(voice, link)| Edit::InsertLink(voice, link)),
        place().prop_map(Edit::DeleteVoice),
        (place(), place()).prop_map(|(voice, link)| Edit::DeleteLink(voice, link)),
        place().prop_map(Edit::Duplicate),
        (place(), place()).prop_map(|(one, other)| Edit::SwapVoices(one, other)),
        (place(), place()).prop_map(|(voice, link)| Edit::SwapLinks(voice, link)),
        (place(), place()).prop_map(|(voice, link)| Edit::Number(voice, link)),
        (place(), place()).prop_map(|(voice, link)| Edit::Kind(voice, link)),
        Just(Edit::Wrap),
    ]
}

/// A signal that is edited, with a supply of numbers.
struct Piece {
    voices: Voices,
    wrapped: u32,
    drawn: u32,
}

impl Piece {
    fn new(voices: &[Vec<usize>]) -> Piece {
        let mut piece = Piece { voices: Vec::new(), wrapped: 0, drawn: 0 };
        for voice in voices {
            let kinds = voice.iter().enumerate();
            let links = kinds.map(|(n, &kind)| if n == 0 { SOURCES[kind] } else { EFFECTS[kind] }).collect::<Vec<_>>();
            let links = links.into_iter().map(|kind| piece.link(kind)).collect();
            piece.voices.push(links);
        }
        piece
    }

    fn link(&mut self, kind: &'static str) -> Link {
        self.drawn += 1;
        Link { kind, number: self.drawn }
    }

    /// Edits the signal.
    fn edit(&mut self, edit: &Edit) {
        let count = self.voices.len();
        match *edit {
            Edit::InsertVoice(at) => {
                let voice = vec![self.link(SOURCES[at % 3]), self.link(EFFECTS[at % 2])];
                self.voices.insert(at % (count + 1), voice);
            }
            Edit::InsertLink(voice, at) => {
                let link = self.link(EFFECTS[at % 3]);
                let voice = &mut self.voices[voice % count];
                let at = 1 + at % voice.len();
                voice.insert(at, link);
            }
            Edit::DeleteVoice(at) if count > 1 => drop(self.voices.remove(at % count)),
            Edit::DeleteLink(voice, at) if self.voices[voice % count].len() > 1 => {
                let voice = &mut self.voices[voice % count];
                voice.remove(1 + at % (voice.len() - 1));
            }
            Edit::DeleteVoice(_) | Edit::DeleteLink(..) => {}
            Edit::Duplicate(at) => self.voices.insert(at % count + 1, self.voices[at % count].clone()),
            Edit::SwapVoices(one, other) => self.voices.swap(one % count, other % count),
            Edit::SwapLinks(voice, at) => {
                let voice = &mut self.voices[voice % count];
                // Neighbours: two further apart that change places cannot be told from two numbers that do.
                if voice.len() > 2 {
                    let at = 1 + at % (voice.len() - 2);
                    voice.swap(at, at + 1);
                }
            }
            Edit::Number(voice, at) => {
                let voice = &self.voices[voice % count];
                let link = voice[at % voice.len()].clone();
                let (voice, at) = self.at(&link);
                self.voices[voice][at] = self.link(link.kind);
            }
            Edit::Kind(voice, at) => {
                let voice = &self.voices[voice % count];
                let link = voice[at % voice.len()].clone();
                let (voice, at) = self.at(&link);
                let kinds = if at == 0 { SOURCES } else { EFFECTS };
                let next = kinds.iter().position(|kind| *kind == link.kind).map_or(0, |kind| (kind + 1) % 3);
                self.voices[voice][at] = self.link(kinds[next]);
            }
            Edit::Wrap => self.wrapped += 1,
        }
    }

    fn at(&self, link: &Link) -> (usize, usize) {
        let found = self.voices.iter().enumerate();
        let mut found =
            found.flat_map(|(voice, links)| links.iter().enumerate().map(move |(at, other)| (voice, at, other)));
        found.find(|(_, _, other)| *other == link).map(|(voice, at, _)| (voice, at)).expect("it was taken from there")
    }

    fn text(&self) -> String {
        let voice = |links: &Vec<Link>| {
            links.iter().enumerate().fold(String::new(), |input, (at, link)| {
                let Link { kind, number } = link;
                match (at, *kind) {
                    (0, _) => format!("{kind}({})", 100 + number),
                    (_, "slew") => format!("slew({input}, {})", f64::from(*number) / 1000.0),
                    _ => format!("{kind}({input}, {})", 100 + number),
                }
            })
        };
        let sum = self.voices.iter().map(voice).collect::<Vec<_>>().join(" + ");
        let wrapped = (0..self.wrapped).fold(sum, |inner, _| format!("gain({inner}, 0.5)"));
        format!("register(\"x\", {wrapped});")
    }

    fn program(&self) -> Program {
        lowered(&self.text()).unwrap_or_else(|error| panic!("{error:?}\n{}", self.text())).program
    }

    /// The links in the order of their instances.
    fn links(&self) -> Vec<Link> {
        self.voices.concat()
    }
}

fn held(program: &Program, alignment: &Alignment) -> Vec<Held> {
    let pairs = alignment.verdicts.iter().zip(&program.instances);
    pairs.map(|(verdict, instance)| Held { key: verdict.key.clone(), instance: instance.clone() }).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn who_was_not_touched_keeps_the_key(voices in vec(any_voice(), 1..6), edits in vec(any_edit(), 1..8)) {
        let signal: Arc<str> = "x".into();
        let mut piece = Piece::new(&voices);
        let mut program = piece.program();
        let mut old = held(&program, &align(&signal, &[], &program.instances));
        for edit in edits {
            let (before, links) = (piece.text(), piece.links());
            prop_assert_eq!(links.len(), old.len());
            piece.edit(&edit);
            program = piece.program();
            let alignment = align(&signal, &old, &program.instances);
            prop_assert_eq!(&alignment, &align(&signal, &old, &piece.program().instances), "it is no accident");
            let keys: BTreeSet<String> = alignment.verdicts.iter().map(|verdict| verdict.key.to_string()).collect();
            prop_assert_eq!(keys.len(), alignment.verdicts.len(), "a key twice");
            // Copies are equal, so any of them may be the one that stays.
            let mut known: BTreeMap<(&str, u32), Vec<usize>> = BTreeMap::new();
            for (position, link) in links.iter().enumerate() {
                known.entry((link.kind, link.number)).or_default().push(position);
            }
            let mut heirs = BTreeSet::new();
            let mut survivors: BTreeMap<(&str, u32), [usize; 2]> = BTreeMap::new();
            let after = piece.links();
            for (link, verdict) in after.iter().zip(&alignment.verdicts) {
                let key = (link.kind, link.number);
                let count = survivors.entry(key).or_default();
                count[0] += 1;
                if let (Some(old_ones), Some(old)) = (known.get(&key), verdict.old) {
                    count[1] += usize::from(old_ones.contains(&old));
                }
                match verdict.old {
                    // An oscillator goes on where one of another kind was.
                    Some(position) if matches!(verdict.fate, Fate::Carried(_)) => {
                        let kinds = [old[position].key.helper, link.kind];
                        prop_assert_ne!(kinds[0], kinds[1]);
                        prop_assert!(kinds.iter().all(|kind| SOURCES.contains(kind)), "{:?}", kinds);
                        prop_assert!(heirs.insert(position), "two go on with one phase");
                        prop_assert!(alignment.freed.iter().any(|freed| freed.old == position));
                    }
                    Some(position) => {
                        prop_assert_eq!(&verdict.key, &old[position].key);
                        prop_assert_eq!(&verdict.fate, &Fate::Kept);
                        prop_assert_eq!(&old[position].key.helper, &link.kind);
                    }
                    None => prop_assert_eq!(&verdict.fate, &Fate::New),
                }
            }
            for (link, [there, stayed]) in survivors {
                let were = known.get(&link).map_or(0, Vec::len);
                prop_assert_eq!(
                    stayed, there.min(were), "{:?} by {:?}\n{}\n{}", link, &edit, before, piece.text()
                );
            }
            old = held(&program, &alignment);
        }
    }
}
