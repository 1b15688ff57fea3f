//! What the tests' browser got, and what is on the page: links, fields, forms.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use http_body_util::BodyExt;

/// What the browser got.
pub(in crate::pages) struct Answer {
    /// What was asked for; blank after a form.
    pub(in crate::pages) path: String,
    pub(in crate::pages) status: StatusCode,
    pub(in crate::pages) text: String,
    headers: HeaderMap,
}

impl Answer {
    pub(in crate::pages) async fn read(response: Response) -> Answer {
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Answer {
            path: String::new(),
            status: parts.status,
            text,
            headers: parts.headers,
        }
    }

    pub(in crate::pages) fn header(&self, name: &str) -> String {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
            .to_owned()
    }

    /// The page without what is around it, which tells who looks.
    pub(in crate::pages) fn main(&self) -> &str {
        let (_, after) = self.text.split_once("<main").expect("no page");
        after.split("</main>").next().unwrap()
    }

    /// The value that the page's form has in a field.
    pub(in crate::pages) fn field(&self, name: &str) -> String {
        let (_, after) = self
            .text
            .split_once(&format!("name=\"{name}\""))
            .expect("no such field");
        let tag = after.split('>').next().unwrap();
        let value = tag
            .split_once("value=\"")
            .map_or("", |(_, value)| value.split('"').next().unwrap());
        // As browsers read it, `&` last.
        let entities = [
            ("&#34;", "\""),
            ("&#39;", "'"),
            ("&#60;", "<"),
            ("&#62;", ">"),
            ("&#38;", "&"),
        ];
        let read = |text: String, (entity, plain): (&str, &str)| text.replace(entity, plain);
        entities.into_iter().fold(value.to_owned(), read)
    }

    /// The value that the page shows in the field of an id.
    pub(in crate::pages) fn field_of_id(&self, id: &str) -> String {
        let (_, after) = self
            .text
            .split_once(&format!("id=\"{id}\""))
            .expect("no such field");
        let tag = after.split('>').next().unwrap();
        let (_, value) = tag.split_once("value=\"").expect("no value");
        value.split('"').next().unwrap().to_owned()
    }

    /// Where its forms go.
    pub(in crate::pages) fn actions(&self) -> Vec<String> {
        let actions = self.text.split("action=\"").skip(1);
        actions
            .filter_map(|rest| Some(rest.split('"').next()?.to_owned()))
            .collect()
    }

    /// Where its one form goes, beside the one that signs out.
    pub(in crate::pages) fn action(&self) -> String {
        let other = |action: &String| !action.ends_with("/sign-out");
        self.actions().into_iter().find(other).expect("no form")
    }

    /// The page's form, filled in; its hidden fields unless given.
    pub(in crate::pages) fn filled(&self, fields: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut all: BTreeMap<String, String> = BTreeMap::new();
        for hidden in ["csrf", "next"] {
            if self.text.contains(&format!("name=\"{hidden}\"")) {
                all.insert(hidden.to_owned(), self.field(hidden));
            }
        }
        all.extend(fields.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())));
        all.into_iter().collect()
    }

    /// The path of the link that the page shows once, to be handed on.
    pub(in crate::pages) fn link_in_box(&self) -> String {
        let (_, after) = self.text.split_once("<code>http").expect("no link");
        let url = after.split('<').next().unwrap();
        let (_, path) = url.split_once("//").unwrap().1.split_once('/').unwrap();
        format!("/{path}")
    }

    /// Where its links lead.
    pub(in crate::pages) fn links(&self) -> Vec<String> {
        let hrefs = self
            .text
            .split("href=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next());
        hrefs
            .map(|href| href.replace("&#38;", "&").replace("&amp;", "&"))
            .collect()
    }

    /// Those of its links that lead to other views of what is here.
    pub(in crate::pages) fn views(&self) -> Vec<String> {
        let views = self.text.split("rel=\"nofollow\" href=\"").skip(1);
        let views = views.filter_map(|rest| rest.split('"').next());
        views.map(|href| href.replace("&#38;", "&")).collect()
    }

    /// The first link whose address has this in it.
    pub(in crate::pages) fn link_with(&self, part: &str) -> String {
        self.links()
            .into_iter()
            .find(|link| link.contains(part))
            .expect("no such link")
    }
}
