//! Whole numbers in as few bytes as they need: LEB128, signed ones zigzag.

/// Writes a number behind what is there.
pub(crate) fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

pub(crate) fn put_signed(out: &mut Vec<u8>, number: i64) {
    put(out, ((number << 1) ^ (number >> 63)) as u64);
}

/// Reads a number and moves on behind it; `None` where the bytes end before it does.
pub(crate) fn take(input: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = input.split_first()?;
        *input = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

pub(crate) fn take_signed(input: &mut &[u8]) -> Option<i64> {
    let number = take(input)?;
    Some((number >> 1) as i64 ^ -((number & 1) as i64))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_put_is_taken(number in any::<u64>(), signed in any::<i64>(), small in 0u64..300) {
            let mut bytes = Vec::new();
            put(&mut bytes, number);
            put_signed(&mut bytes, signed);
            put(&mut bytes, small);
            let mut input = &bytes[..];
            prop_assert_eq!(take(&mut input), Some(number));
            prop_assert_eq!(take_signed(&mut input), Some(signed));
            prop_assert_eq!(take(&mut &input[..input.len() - 1]), None);
            prop_assert_eq!(take(&mut input), Some(small));
            prop_assert!(input.is_empty());
        }
    }
}
