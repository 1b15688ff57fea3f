//! The body of a usage report: a bare array, each element an observation of the server that
//! its own ids name.

use serde::de::{DeserializeSeed, SeqAccess};

use super::element::{Checked, ElementReader};
use super::json::{Depth, Item, Reader};
use super::limits::ITEMS_MAX;
use super::problems::{BODY, Problems};
use super::{Decoded, Point};

struct BodyReader<'s, F> {
    problems: &'s mut Problems,
    /// What is made of each element.
    make: F,
}

impl<'de, T, F: Fn(Checked<'de>) -> T> Reader<'de> for BodyReader<'_, F> {
    type Out = Vec<T>;

    fn item(self, item: Item<'de>) -> Self::Out {
        match item {
            Item::Null => {}
            Item::Object => self.problems.add(
                BODY,
                "must be a JSON array of {\"tags\", \"values\"}; got an object: wrap it in [ ]",
            ),
            other => self.problems.add(
                BODY,
                format!(
                    "must be a JSON array of {{\"tags\", \"values\"}}; got {}",
                    other.what()
                ),
            ),
        }
        Vec::new()
    }

    fn array<A: SeqAccess<'de>>(self, mut seq: A, inside: Depth) -> Result<Self::Out, A::Error> {
        let mut made = Vec::with_capacity(1);
        let mut index = 0;
        loop {
            let reader = ElementReader {
                problems: &mut *self.problems,
                named: false,
            };
            let read = seq.next_element_seed(inside.read(reader));
            let Some(element) = read.inspect_err(|_| self.problems.passed(format!("[{index}]")))?
            else {
                break;
            };
            if index < ITEMS_MAX {
                let place = format!("[{index}]");
                match element {
                    Ok(element) => {
                        made.push((self.make)(element.check(&place, self.problems)));
                    }
                    Err(what) => self
                        .problems
                        .add(place, format!("must be an object; got {what}")),
                }
            }
            index += 1;
        }
        if index > ITEMS_MAX {
            self.problems.add(
                BODY,
                format!("has {index} elements; at most {ITEMS_MAX} are allowed"),
            );
        }
        Ok(made)
    }
}

pub(super) fn read<'de>(
    json: &mut serde_json::Deserializer<serde_json::de::StrRead<'de>>,
    problems: &mut Problems,
) -> serde_json::Result<Decoded<'de>> {
    Ok(Decoded {
        product: None,
        observations: elements(json, problems, Checked::observe)?,
    })
}

/// The same body, as points.
pub(super) fn points<'de>(
    json: &mut serde_json::Deserializer<serde_json::de::StrRead<'de>>,
    problems: &mut Problems,
) -> serde_json::Result<Vec<Point<'de>>> {
    elements(json, problems, Checked::point)
}

fn elements<'de, T>(
    json: &mut serde_json::Deserializer<serde_json::de::StrRead<'de>>,
    problems: &mut Problems,
    make: impl Fn(Checked<'de>) -> T,
) -> serde_json::Result<Vec<T>> {
    Depth::default()
        .read(BodyReader { problems, make })
        .deserialize(json)
}
