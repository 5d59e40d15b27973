//! Compression of one part before it is sealed, padded so that its length tells little: deflate-raw as
//! `be32(length) | data | zeros to a multiple of 65,536`.

use miniz_oxide::{
    deflate::compress_to_vec,
    inflate::{
        TINFLStatus,
        core::{
            DecompressorOxide, decompress, inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
        },
    },
};

use super::layout::{pad, unpad};

/// Packed parts are multiples of this.
pub const PACKING_GRAIN_BYTES: u32 = 1 << GRAIN_LOG2;
const GRAIN: usize = 1 << GRAIN_LOG2;
const GRAIN_LOG2: u32 = 16;
/// Higher levels cost several times as long for a few per cent.
const LEVEL: u8 = 6;

/// The packed plaintext, where that is shorter.
pub fn pack(plaintext: &[u8]) -> Option<Vec<u8>> {
    if plaintext.len() <= GRAIN {
        return None;
    }
    pad(&compress_to_vec(plaintext, LEVEL), GRAIN).filter(|packed| packed.len() < plaintext.len())
}

/// Exactly `plain_len_bytes` of plaintext out of exactly the packed length, or nothing.
pub fn unpack(packed: &[u8], plain_len_bytes: u32) -> Option<Vec<u8>> {
    let data = unpad(packed, GRAIN)?;
    let mut plaintext = vec![0; usize::try_from(plain_len_bytes).ok()?];
    let mut inflater = Box::new(DecompressorOxide::new());
    let (status, consumed, made) = decompress(
        &mut inflater,
        data,
        &mut plaintext,
        0,
        TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
    );
    let exact = status == TINFLStatus::Done && consumed == data.len() && made == plaintext.len();
    exact.then_some(plaintext)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn repack(data: &[u8]) -> Vec<u8> {
        pad(data, GRAIN).unwrap()
    }

    #[test]
    fn text_is_packed_and_noise_is_not() {
        let text = b"the same line again and again\n".repeat(10_000);
        let packed = pack(&text).unwrap();
        assert_eq!(packed.len(), GRAIN);
        assert_eq!(unpack(&packed, 300_000).unwrap(), text);
        let mut noise = vec![0; 300_000];
        blake3::Hasher::new().finalize_xof().fill(&mut noise);
        assert_eq!(pack(&noise), None);
        assert_eq!(pack(&vec![0; GRAIN]), None);
        assert!(pack(&vec![0; GRAIN + 1]).is_some());
    }

    #[test]
    fn other_lengths_than_the_planned_are_refused() {
        let packed = pack(&vec![1; 200_000]).unwrap();
        assert!(unpack(&packed, 200_000).is_some());
        assert!(unpack(&packed, 199_999).is_none());
        assert!(unpack(&packed, 200_001).is_none());
        assert!(unpack(&packed, 0).is_none());
    }

    #[test]
    fn bytes_after_the_deflate_stream_are_refused() {
        let mut data = compress_to_vec(&vec![1; 200_000], LEVEL);
        data.push(0);
        assert!(unpack(&repack(&data), 200_000).is_none());
    }

    #[test]
    fn a_cut_deflate_stream_is_refused() {
        let data = compress_to_vec(&vec![1; 200_000], LEVEL);
        for cut in 1..data.len() {
            assert!(unpack(&repack(&data[..cut]), 200_000).is_none());
        }
    }

    #[test]
    fn a_bomb_is_refused_without_growing() {
        let data = compress_to_vec(&vec![0; 50_000_000], LEVEL);
        assert!(unpack(&repack(&data), 70_000).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

        #[test]
        fn what_is_packed_unpacks(seed in any::<u64>(), len in 65_537usize..400_000, distinct in 1u8..32) {
            let mut bytes = vec![0; len];
            blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut bytes);
            bytes.iter_mut().for_each(|byte| *byte %= distinct);
            if let Some(packed) = pack(&bytes) {
                prop_assert!(packed.len() < bytes.len() && packed.len() % GRAIN == 0);
                prop_assert_eq!(unpack(&packed, u32::try_from(len).unwrap()), Some(bytes));
            }
        }

        #[test]
        fn any_bytes_are_refused_or_give_the_planned_length(data in proptest::collection::vec(any::<u8>(), 1..500)) {
            if let Some(plaintext) = unpack(&repack(&data), 100) {
                prop_assert_eq!(plaintext.len(), 100);
            }
        }
    }
}
