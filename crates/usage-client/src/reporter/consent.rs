//! The gate with what it asks: the environment, the product, and what a person decided.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use super::identity::Person;
use crate::Error;
use crate::core::{Environment, Gate, Permission, ProductVariable};

pub(super) type Configured = Box<dyn Fn() -> Option<bool> + Send + Sync>;

pub(super) struct Consent {
    pub(super) environment: Environment,
    pub(super) variable: Option<ProductVariable>,
    pub(super) configured: Option<Configured>,
    pub(super) version: u32,
    pub(super) default: bool,
    pub(super) person: Mutex<Person>,
}

impl Consent {
    /// Asks all of them, anew each time.
    pub(super) fn ask(&self) -> Permission {
        // A configuration that can't be asked is no yes.
        let configured = self
            .configured
            .as_ref()
            .and_then(|ask| catch_unwind(AssertUnwindSafe(ask)).unwrap_or(Some(false)));
        let person = *self.person.lock().unwrap_or_else(PoisonError::into_inner);
        let gate = Gate {
            environment: &self.environment,
            variable: self.variable.as_ref(),
            configured,
            answer: person.answer,
            version: self.version,
            forgotten: person.forgotten,
            default: self.default,
        };
        gate.ask()
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        match self.ask() {
            Permission { granted: true, .. } => Ok(()),
            Permission { by, .. } => Err(Error::ConsentOff { by }),
        }
    }

    pub(super) fn set_person(&self, person: Person) {
        *self.person.lock().unwrap_or_else(PoisonError::into_inner) = person;
    }
}
