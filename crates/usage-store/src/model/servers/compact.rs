//! What is known of a server in few bytes, so that a rebuild can keep it of a million. Only for memory.

use roaring::RoaringBitmap;

use super::{Sets, State};
use crate::Day;
use crate::leb128::{put, put_signed, take, take_signed};
use crate::model::counters::Counters;
use crate::query::ProductId;

impl State {
    pub(in crate::model) fn pack(&self, out: &mut Vec<u8>) {
        put_signed(out, self.product.0);
        let Sets {
            new_on,
            once,
            clone,
        } = self.was_in;
        out.push(u8::from(once) | u8::from(clone) << 1);
        put_time(out, new_on.map(|day| i64::from(day.0)), 0);
        put_time(out, self.last_seen, 0);
        let near = self.last_seen.unwrap_or_default();
        for time in [
            self.first_seen,
            self.host_at,
            self.version_at,
            self.usage_at,
        ] {
            put_time(out, time, near);
        }
        let counters = &self.counters;
        for text in [&self.host, &self.version, &self.usage, &counters.prev_host] {
            put_text(out, text.as_deref());
        }
        for count in [
            counters.reports,
            counters.starts,
            counters.host_returns,
            counters.backwards,
        ] {
            put_signed(out, count);
        }
        let mut next = 0;
        for span in &self.spans {
            put(out, u64::from(span - next));
            next = span;
        }
    }

    /// What [`pack`](State::pack) wrote, to the end of it.
    pub(in crate::model) fn unpack(mut input: &[u8]) -> Option<State> {
        let input = &mut input;
        let product = ProductId(take_signed(input)?);
        let (flags, rest) = input.split_first()?;
        *input = rest;
        let new_on = take_time(input, 0)?;
        let was_in = Sets {
            new_on: new_on.map(|day| Day(day as i32)),
            once: flags & 1 != 0,
            clone: flags & 2 != 0,
        };
        let last_seen = take_time(input, 0)?;
        let near = last_seen.unwrap_or_default();
        let mut state = State {
            last_seen,
            first_seen: take_time(input, near)?,
            host_at: take_time(input, near)?,
            version_at: take_time(input, near)?,
            usage_at: take_time(input, near)?,
            host: take_text(input)?,
            version: take_text(input)?,
            usage: take_text(input)?,
            ..State::unknown(product, was_in)
        };
        state.counters = Counters {
            prev_host: take_text(input)?,
            reports: take_signed(input)?,
            starts: take_signed(input)?,
            host_returns: take_signed(input)?,
            backwards: take_signed(input)?,
        };
        let mut spans = RoaringBitmap::new();
        let mut next = 0;
        while !input.is_empty() {
            next += take(input)? as u32;
            spans.insert(next);
        }
        state.spans = spans;
        Some(state)
    }
}

/// As the distance from one that is near: times of a server are mostly the same.
fn put_time(out: &mut Vec<u8>, time: Option<i64>, near: i64) {
    match time {
        None => out.push(0),
        Some(time) => {
            out.push(1);
            put_signed(out, time - near);
        }
    }
}

fn take_time(input: &mut &[u8], near: i64) -> Option<Option<i64>> {
    match take(input)? {
        0 => Some(None),
        _ => Some(Some(near + take_signed(input)?)),
    }
}

fn put_text(out: &mut Vec<u8>, text: Option<&str>) {
    put(out, text.map_or(0, |text| text.len() as u64 + 1));
    out.extend(text.unwrap_or_default().as_bytes());
}

fn take_text(input: &mut &[u8]) -> Option<Option<String>> {
    let Some(length) = take(input)?.checked_sub(1) else {
        return Some(None);
    };
    let (text, rest) = input.split_at_checked(length as usize)?;
    *input = rest;
    Some(Some(String::from_utf8(text.to_vec()).ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_state() -> impl Strategy<Value = State> {
        // Milliseconds of any year that a report may have.
        let time = || prop::option::of(-9_000_000_000_000i64..9_000_000_000_000);
        let text = || prop::option::of(".{0,9}");
        let sets = (prop::option::of(any::<i32>()), any::<bool>(), any::<bool>());
        let times = (time(), time(), time(), time(), time());
        let texts = (text(), text(), text(), text());
        let counts = any::<[i64; 4]>();
        let spans = prop::collection::btree_set(any::<u32>(), 0..9);
        (any::<i64>(), sets, times, texts, counts, spans).prop_map(
            |(product, (new_on, once, clone), times, texts, counts, spans)| State {
                product: ProductId(product),
                was_in: Sets {
                    new_on: new_on.map(Day),
                    once,
                    clone,
                },
                first_seen: times.0,
                last_seen: times.1,
                host: texts.0,
                host_at: times.2,
                version: texts.1,
                version_at: times.3,
                usage: texts.2,
                usage_at: times.4,
                counters: Counters {
                    reports: counts[0],
                    starts: counts[1],
                    prev_host: texts.3,
                    host_returns: counts[2],
                    backwards: counts[3],
                },
                spans: spans.into_iter().collect(),
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(state in any_state()) {
            let mut bytes = Vec::new();
            state.pack(&mut bytes);
            prop_assert_eq!(State::unpack(&bytes), Some(state));
        }
    }
}
