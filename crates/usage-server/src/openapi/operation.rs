//! What an operation of the API is described with. The rooms that answer describe their own, next
//! to their handlers; here is only the vocabulary, and how it becomes OpenAPI.

use serde_json::{Map, Value, json};

/// One method at one path.
pub(crate) struct Operation {
    /// As the router writes it.
    pub(crate) path: &'static str,
    /// In small letters.
    pub(crate) method: &'static str,
    /// Unique; what generated clients name the call.
    pub(crate) id: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) description: String,
    /// Headers and parts of the path.
    pub(crate) parameters: Vec<Value>,
    /// What is posted.
    pub(crate) body: Option<Body>,
    /// Who may; see [`Access`].
    pub(crate) access: Access,
    pub(crate) answers: Vec<Answer>,
}

/// Who may call an operation.
#[derive(Clone, Copy)]
pub(crate) enum Access {
    /// Anybody; a token is not looked at.
    Anybody,
    /// Anybody; with a token in the name of its organization.
    TokenOrNobody,
    /// An operator, with an API key or signed in.
    ApiKey,
}

/// A JSON body that is posted, compressed or not.
pub(crate) struct Body {
    /// The name of its schema.
    pub(crate) schema: &'static str,
    pub(crate) description: String,
    /// Bodies that are accepted, by name; the tests send each.
    pub(crate) examples: Vec<(&'static str, Value)>,
}

/// One status that an operation answers with.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) description: String,
    pub(crate) content: Content,
    /// Headers with their descriptions.
    pub(crate) headers: Vec<(&'static str, &'static str)>,
}

/// What an answer's body is.
pub(crate) enum Content {
    /// JSON of this schema, for example this.
    Json(&'static str, Value),
    /// A line of text.
    Text(&'static str),
    /// JSON lines and their kin.
    Lines(&'static str),
    /// JSON of this schema.
    Shape(Value),
    /// JSON of any shape.
    AnyJson,
}

impl Answer {
    pub(crate) fn json(
        status: u16,
        description: impl Into<String>,
        schema: &'static str,
        example: Value,
    ) -> Answer {
        Answer {
            status,
            description: description.into(),
            content: Content::Json(schema, example),
            headers: Vec::new(),
        }
    }

    pub(crate) fn header(mut self, name: &'static str, description: &'static str) -> Answer {
        self.headers.push((name, description));
        self
    }

    fn described(&self) -> Value {
        let content = match &self.content {
            Content::Json(schema, example) => {
                json!({"application/json": {"schema": reference(schema), "example": example}})
            }
            Content::Text(example) => {
                json!({"text/plain": {"schema": {"type": "string"}, "example": example}})
            }
            Content::Lines(example) => {
                let text = json!({"schema": {"type": "string"}});
                json!({
                    "application/x-ndjson": {"schema": {"type": "string"}, "example": example},
                    "text/csv": text,
                    "text/plain": text,
                })
            }
            Content::Shape(schema) => json!({"application/json": {"schema": schema}}),
            Content::AnyJson => json!({"application/json": {"schema": {"type": "object"}}}),
        };
        let mut answer = json!({"description": self.description, "content": content});
        if !self.headers.is_empty() {
            answer["headers"] = self
                .headers
                .iter()
                .map(|(name, description)| {
                    let schema = json!({"type": "string"});
                    let header = json!({"description": description, "schema": schema});
                    ((*name).to_owned(), header)
                })
                .collect::<Map<_, _>>()
                .into();
        }
        answer
    }
}

impl Operation {
    /// The operation as OpenAPI has it.
    pub(super) fn described(&self) -> Value {
        let answers: Map<String, Value> = self
            .answers
            .iter()
            .map(|answer| (answer.status.to_string(), answer.described()))
            .collect();
        let mut operation = json!({
            "operationId": self.id,
            "summary": self.summary,
            "description": self.description,
            "security": self.access.described(),
            "responses": answers,
        });
        if !self.parameters.is_empty() {
            operation["parameters"] = json!(self.parameters);
        }
        if let Some(body) = &self.body {
            let examples: Map<String, Value> = body
                .examples
                .iter()
                .map(|(name, value)| ((*name).to_owned(), json!({ "value": value })))
                .collect();
            operation["requestBody"] = json!({
                "description": body.description,
                "required": true,
                "content": {"application/json": {"schema": reference(body.schema), "examples": examples}},
            });
        }
        operation
    }
}

impl Access {
    fn described(self) -> Value {
        let token = [
            json!({"token": []}),
            json!({"bearer": []}),
            json!({"tokenInQuery": []}),
        ];
        match self {
            Access::Anybody => json!([]),
            Access::ApiKey => json!([{"apiKey": []}]),
            Access::TokenOrNobody => [&[json!({})], &token[..]].concat().into(),
        }
    }
}

fn reference(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

/// A part of the path.
pub(crate) fn in_path(name: &str, description: &str, schema: Value) -> Value {
    json!({"name": name, "in": "path", "required": true, "description": description, "schema": schema})
}

/// An optional header.
pub(crate) fn in_header(name: &str, description: impl Into<String>, schema: Value) -> Value {
    json!({"name": name, "in": "header", "description": description.into(), "schema": schema})
}

/// An optional part of the query.
pub(crate) fn in_query(name: &str, description: &str, schema: Value) -> Value {
    json!({"name": name, "in": "query", "description": description, "schema": schema})
}
