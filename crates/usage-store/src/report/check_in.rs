//! The body of a check-in (`/servers`): five texts, none blank.

use serde::de::{DeserializeSeed, MapAccess};

use super::ids::{self, CLUSTER, Required, SERVER};
use super::json::{Any, Depth, Item, Keys, Reader};
use super::problems::{BODY, Problems, step};
use super::{Decoded, Observation, fields};

const HOST: Required = Required {
    key: fields::HOST,
    name: "Host",
};
const PRODUCT: Required = Required {
    key: fields::PRODUCT,
    name: "Product",
};
const VERSION: Required = Required {
    key: fields::VERSION,
    name: "Version",
};

#[derive(Default)]
struct Fields<'de> {
    cluster_id: Option<Item<'de>>,
    server_id: Option<Item<'de>>,
    host: Option<Item<'de>>,
    product: Option<Item<'de>>,
    version: Option<Item<'de>>,
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
                fields::HOST => map
                    .next_value_seed(inside.read(Any))
                    .map(|v| fields.host = Some(v)),
                fields::PRODUCT => map
                    .next_value_seed(inside.read(Any))
                    .map(|v| fields.product = Some(v)),
                fields::VERSION => map
                    .next_value_seed(inside.read(Any))
                    .map(|v| fields.version = Some(v)),
                _ => ids::skip(&mut map, inside),
            };
            read.inspect_err(|_| self.problems.passed(step(&key)))?;
        }
        Ok(Some(fields))
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
        host: HOST.check(fields.host, problems),
        version: VERSION.check(fields.version, problems),
        ..Observation::default()
    };
    let product = PRODUCT.check(fields.product, problems);
    Ok(Decoded {
        product,
        observations: vec![observation],
    })
}
