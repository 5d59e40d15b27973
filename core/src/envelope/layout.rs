//! Fixed layouts: fields put one after another, and taken off one after another. No meaning, only lengths.

/// The fields one after another. Their lengths must sum to `N`.
pub(super) fn join<const N: usize>(fields: &[&[u8]]) -> [u8; N] {
    debug_assert_eq!(fields.iter().map(|field| field.len()).sum::<usize>(), N);
    let mut joined = [0; N];
    for (to, from) in joined
        .iter_mut()
        .zip(fields.iter().flat_map(|field| field.iter()))
    {
        *to = *from;
    }
    joined
}

/// What is left of a byte string while its fields are taken off.
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    /// The next `N` bytes.
    pub(super) fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*field)
    }

    /// The next big-endian number of four bytes.
    pub(super) fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_be_bytes)
    }

    /// All that is left.
    pub(super) fn rest(self) -> &'a [u8] {
        self.0
    }
}

/// `be32(length) | content | zeros` up to the next multiple of `grain`.
pub(super) fn pad(content: &[u8], grain: usize) -> Option<Vec<u8>> {
    let length = u32::try_from(content.len()).ok()?;
    let padded_len = (4 + content.len()).next_multiple_of(grain);
    let mut padded = Vec::with_capacity(padded_len);
    padded.extend_from_slice(&length.to_be_bytes());
    padded.extend_from_slice(content);
    padded.resize(padded_len, 0);
    Some(padded)
}

/// The content of a padded string: at least one byte, the least padding, and that all zeros.
pub(super) fn unpad(padded: &[u8], grain: usize) -> Option<&[u8]> {
    let (length, rest) = padded.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let least = length.checked_add(4)?.checked_next_multiple_of(grain)?;
    let (content, zeros) = rest.split_at_checked(length)?;
    let sound = length >= 1 && padded.len() == least && zeros.iter().all(|zero| *zero == 0);
    sound.then_some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_comes_off_as_it_went_on() {
        for length in [1, 2, 251, 252, 253, 508, 509] {
            let content = vec![7; length];
            let padded = pad(&content, 256).unwrap();
            assert_eq!(padded.len() % 256, 0);
            assert_eq!(unpad(&padded, 256).unwrap(), content);
        }
    }

    #[test]
    fn padding_is_refused_when_empty_long_dirty_or_short() {
        let sound = pad(&[7; 10], 256).unwrap();
        assert!(unpad(&pad(&[], 256).unwrap(), 256).is_none());
        let mut long = sound.clone();
        long.resize(512, 0);
        assert!(unpad(&long, 256).is_none());
        let mut dirty = sound.clone();
        dirty[255] = 1;
        assert!(unpad(&dirty, 256).is_none());
        assert!(unpad(&sound[..255], 256).is_none());
        let mut lying = sound.clone();
        lying[..4].copy_from_slice(&u32::MAX.to_be_bytes());
        assert!(unpad(&lying, 256).is_none());
        assert!(unpad(&[0, 0], 256).is_none());
    }
}
