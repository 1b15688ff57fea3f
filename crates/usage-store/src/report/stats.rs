//! The body of product stats: two ids and a list of series. What the series say is a later
//! room's; here they are checked.

use serde::de::{DeserializeSeed, MapAccess, SeqAccess};

use super::element::ElementReader;
use super::ids::{self, CLUSTER, SERVER};
use super::json::{Depth, Item, Keys, Reader};
use super::limits::ITEMS_MAX;
use super::problems::{BODY, Problems, step};
use super::{Decoded, Observation, fields};

#[derive(Default)]
struct Fields<'de> {
    cluster_id: Option<Item<'de>>,
    server_id: Option<Item<'de>>,
    /// The problems of the `stats` that came last.
    stats: Problems,
}

struct BodyReader<'s> {
    problems: &'s mut Problems,
}

impl<'de> Reader<'de> for BodyReader<'_> {
    type Out = Option<Fields<'de>>;

    fn item(self, item: Item<'de>) -> Self::Out {
        self.problems
            .add(BODY, format!("must be a JSON object; got {}", item.what()));
        None
    }

    fn object<A: MapAccess<'de>>(self, mut map: A, inside: Depth) -> Result<Self::Out, A::Error> {
        let mut fields = Fields::default();
        let mut keys = Keys::default();
        while let Some(key) = keys.next(&mut map)? {
            let read = match key.as_ref() {
                fields::CLUSTER_ID => inside
                    .read_id(&mut map)
                    .map(|v| fields.cluster_id = Some(v)),
                fields::SERVER_ID => inside.read_id(&mut map).map(|v| fields.server_id = Some(v)),
                fields::STATS => {
                    fields.stats = Problems::default();
                    let reader = StatsReader {
                        problems: &mut fields.stats,
                        place: self.problems,
                    };
                    map.next_value_seed(inside.read(reader))
                }
                _ => ids::skip(&mut map, inside),
            };
            read.inspect_err(|_| self.problems.passed(step(&key)))?;
        }
        Ok(Some(fields))
    }
}

struct StatsReader<'s> {
    problems: &'s mut Problems,
    /// Told where an error that ends the reading happened.
    place: &'s mut Problems,
}

impl<'de> Reader<'de> for StatsReader<'_> {
    type Out = ();

    fn item(self, item: Item<'de>) {
        if item != Item::Null {
            self.problems.add(
                fields::STATS,
                format!("must be an array or null; got {}", item.what()),
            );
        }
    }

    fn array<A: SeqAccess<'de>>(self, mut seq: A, inside: Depth) -> Result<(), A::Error> {
        let mut index = 0;
        loop {
            let reader = ElementReader {
                problems: &mut *self.place,
                named: true,
            };
            let read = seq.next_element_seed(inside.read(reader));
            let Some(element) = read.inspect_err(|_| self.place.passed(format!("[{index}]")))?
            else {
                break;
            };
            if index < ITEMS_MAX {
                let place = format!("stats[{index}]");
                match element {
                    Ok(element) => drop(element.check(&place, self.problems)),
                    Err(what) => self
                        .problems
                        .add(place, format!("must be an object; got {what}")),
                }
            }
            index += 1;
        }
        if index > ITEMS_MAX {
            self.problems.add(
                fields::STATS,
                format!("has {index} elements; at most {ITEMS_MAX} are allowed"),
            );
        }
        Ok(())
    }
}

pub(super) fn read<'de>(
    json: &mut serde_json::Deserializer<serde_json::de::StrRead<'de>>,
    problems: &mut Problems,
) -> serde_json::Result<Decoded<'de>> {
    let reader = BodyReader {
        problems: &mut *problems,
    };
    let Some(fields) = Depth::default().read(reader).deserialize(json)? else {
        return Ok(Decoded::default());
    };
    let observation = Observation {
        cluster_id: CLUSTER.check(fields.cluster_id, problems),
        server_id: SERVER.check(fields.server_id, problems),
        ..Observation::default()
    };
    problems.append(fields.stats);
    Ok(Decoded {
        product: None,
        observations: vec![observation],
    })
}
