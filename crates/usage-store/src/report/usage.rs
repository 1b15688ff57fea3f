//! The body of a usage report: a bare array, each element an observation of the server that
//! its own ids name.

use serde::de::{DeserializeSeed, SeqAccess};

use super::element::ElementReader;
use super::json::{Depth, Item, Reader};
use super::limits::ITEMS_MAX;
use super::problems::{BODY, Problems};
use super::{Decoded, Observation};

struct BodyReader<'s> {
    problems: &'s mut Problems,
}

impl<'de> Reader<'de> for BodyReader<'_> {
    type Out = Vec<Observation<'de>>;

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
        let mut observations = Vec::with_capacity(1);
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
                        observations.push(element.check(&place, self.problems).observe());
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
        Ok(observations)
    }
}

pub(super) fn read<'de>(
    json: &mut serde_json::Deserializer<serde_json::de::StrRead<'de>>,
    problems: &mut Problems,
) -> serde_json::Result<Decoded<'de>> {
    let observations = Depth::default()
        .read(BodyReader { problems })
        .deserialize(json)?;
    Ok(Decoded {
        product: None,
        observations,
    })
}
