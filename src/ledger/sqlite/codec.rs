//! Numbers and texts as bytes, and back.

use crate::ledger::Key;

/// A number in as many bytes as it needs: seven bits in each, the lowest first.
pub(super) fn push_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(low_bits(number) | 0x80);
        number >>= 7;
    }
    bytes.push(low_bits(number));
}

fn low_bits(number: u64) -> u8 {
    u8::try_from(number & 0x7f).expect("seven bits fit into eight")
}

pub(super) fn length(text: &str) -> u64 {
    u64::try_from(text.len()).expect("a machine word fits into 64 bits")
}

/// Takes packed bytes apart, from the front. Each gives nothing where the bytes are not what was packed.
pub(super) struct Packed<'a>(pub(super) &'a [u8]);

impl<'a> Packed<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn key(&mut self) -> Option<Key> {
        self.array().map(Key)
    }

    /// A number of eight bytes.
    pub(super) fn wide(&mut self) -> Option<i64> {
        self.array().map(i64::from_le_bytes)
    }

    /// A number of as many bytes as it needs.
    pub(super) fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let [byte] = self.array()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    pub(super) fn text(&mut self, length: u64) -> Option<&'a str> {
        let (text, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        for (number, n_bytes) in [(0, 1), (127, 1), (128, 2), (16_383, 2), (16_384, 3), (u64::MAX, 10)] {
            let mut bytes = Vec::new();
            push_number(&mut bytes, number);
            assert_eq!(bytes.len(), n_bytes, "{number}");
            for length in 0..n_bytes {
                assert_eq!(Packed(&bytes[..length]).number(), None, "{length} bytes of {number}");
            }
            let mut packed = Packed(&bytes);
            assert_eq!((packed.number(), packed.is_empty()), (Some(number), true));
        }
        assert_eq!(Packed(&[0xff; 11]).number(), None, "no number is so long");
    }
}
