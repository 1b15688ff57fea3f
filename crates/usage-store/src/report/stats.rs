//! The body of product stats: two ids and a list of series. Ingest only checks them; exports
//! read them as points.

use serde::de::{DeserializeSeed, MapAccess, SeqAccess};

use super::element::{Checked, ElementReader};
use super::ids::{self, CLUSTER, SERVER};
use super::json::{Depth, Item, Keys, Reader};
use super::limits::ITEMS_MAX;
use super::problems::{BODY, Problems, step};
use super::{Decoded, Observation, Point, fields};

struct Fields<'de, T> {
    cluster_id: Option<Item<'de>>,
    server_id: Option<Item<'de>>,
    /// The problems of the `stats` that came last.
    stats: Problems,
    /// What was made of their elements.
    made: Vec<T>,
}

impl<T> Default for Fields<'_, T> {
    fn default() -> Self {
        Fields {
            cluster_id: None,
            server_id: None,
            stats: Problems::default(),
            made: Vec::new(),
        }
    }
}

struct BodyReader<'s, F> {
    problems: &'s mut Problems,
    /// What is made of each element, if anything.
    make: F,
}

impl<'de, T, F: Fn(Checked<'de>) -> Option<T>> Reader<'de> for BodyReader<'_, F> {
    type Out = Option<Fields<'de, T>>;

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
                    fields.made.clear();
                    let reader = StatsReader {
                        problems: &mut fields.stats,
                        place: self.problems,
                        make: &self.make,
                        made: &mut fields.made,
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

struct StatsReader<'s, T, F> {
    problems: &'s mut Problems,
    /// Told where an error that ends the reading happened.
    place: &'s mut Problems,
    make: &'s F,
    made: &'s mut Vec<T>,
}

impl<'de, T, F: Fn(Checked<'de>) -> Option<T>> Reader<'de> for StatsReader<'_, T, F> {
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
                    Ok(element) => {
                        let checked = element.check(&place, self.problems);
                        self.made.extend((self.make)(checked));
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
    let (observation, _) = series(json, problems, |_| None::<()>)?;
    Ok(Decoded {
        product: None,
        observations: observation.into_iter().collect(),
    })
}

/// The same body, as points: each has the body's ids, whatever its tags say.
pub(super) fn points<'de>(
    json: &mut serde_json::Deserializer<serde_json::de::StrRead<'de>>,
    problems: &mut Problems,
) -> serde_json::Result<Vec<Point<'de>>> {
    let (observation, mut points) = series(json, problems, |checked| Some(checked.point()))?;
    for point in &mut points {
        point.cluster_id = observation.as_ref().and_then(|of| of.cluster_id.clone());
        point.server_id = observation.as_ref().and_then(|of| of.server_id.clone());
    }
    Ok(points)
}

fn series<'de, T>(
    json: &mut serde_json::Deserializer<serde_json::de::StrRead<'de>>,
    problems: &mut Problems,
    make: impl Fn(Checked<'de>) -> Option<T>,
) -> serde_json::Result<(Option<Observation<'de>>, Vec<T>)> {
    let reader = BodyReader {
        problems: &mut *problems,
        make,
    };
    let Some(fields) = Depth::default().read(reader).deserialize(json)? else {
        return Ok((None, Vec::new()));
    };
    let observation = Observation {
        cluster_id: CLUSTER.check(fields.cluster_id, problems),
        server_id: SERVER.check(fields.server_id, problems),
        ..Observation::default()
    };
    problems.append(fields.stats);
    Ok((Some(observation), fields.made))
}
