//! What happens to a part that was sent, given what is stored: the one table of rules, pure, asked before the body is
//! read, before the provider is called, and in the transaction that counts.

use super::UploadError;

/// What is stored under the part's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) mac: [u8; 32],
    pub(super) is_sound: bool,
    pub(super) generation: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) mac: [u8; 32],
    pub(super) if_match: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// The bytes become the part.
    Store,
    /// This plaintext is stored: the stored bytes win.
    Duplicate,
}

/// Decides. `is_frozen`: the file is complete or once was, so its plaintext never changes.
pub(super) fn decide(
    is_frozen: bool,
    stored: Option<Stored>,
    sent: Sent,
) -> Result<Decision, UploadError> {
    let Some(stored) = stored else {
        return if is_frozen {
            Err(UploadError::FileComplete)
        } else {
            Ok(Decision::Store)
        };
    };
    let is_same = stored.mac == sent.mac;
    match (stored.is_sound, is_same) {
        (true, true) => Ok(Decision::Duplicate),
        (false, true) => Ok(Decision::Store),
        (_, false) if is_frozen => Err(UploadError::FileComplete),
        (false, false) => Ok(Decision::Store),
        (true, false) => replace(stored.generation, sent.if_match),
    }
}

fn replace(generation: u32, if_match: Option<u32>) -> Result<Decision, UploadError> {
    match if_match {
        None => Err(UploadError::PartDiffers { generation }),
        Some(named) if named == generation => Ok(Decision::Store),
        Some(_) => Err(UploadError::GenerationMismatch { generation }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: [u8; 32] = [1; 32];
    const OTHER: [u8; 32] = [2; 32];

    fn stored(mac: [u8; 32], is_sound: bool) -> Option<Stored> {
        Some(Stored {
            mac,
            is_sound,
            generation: 3,
        })
    }

    fn sent(if_match: Option<u32>) -> Sent {
        Sent { mac: MAC, if_match }
    }

    #[test]
    fn unfinished_file() {
        assert_eq!(decide(false, None, sent(None)).unwrap(), Decision::Store);
        assert_eq!(
            decide(false, stored(MAC, true), sent(None)).unwrap(),
            Decision::Duplicate
        );
        assert_eq!(
            decide(false, stored(MAC, false), sent(None)).unwrap(),
            Decision::Store
        );
        assert_eq!(
            decide(false, stored(OTHER, false), sent(None)).unwrap(),
            Decision::Store
        );
        assert_eq!(
            decide(false, stored(OTHER, true), sent(Some(3))).unwrap(),
            Decision::Store
        );
        let differs = decide(false, stored(OTHER, true), sent(None)).unwrap_err();
        assert!(matches!(
            differs,
            UploadError::PartDiffers { generation: 3 }
        ));
        let mismatch = decide(false, stored(OTHER, true), sent(Some(2))).unwrap_err();
        assert!(matches!(
            mismatch,
            UploadError::GenerationMismatch { generation: 3 }
        ));
    }

    #[test]
    fn a_replacement_repeated_after_a_lost_answer_is_a_duplicate() {
        assert_eq!(
            decide(false, stored(MAC, true), sent(Some(2))).unwrap(),
            Decision::Duplicate
        );
    }

    #[test]
    fn complete_file_takes_only_repairs() {
        assert_eq!(
            decide(true, stored(MAC, true), sent(None)).unwrap(),
            Decision::Duplicate
        );
        assert_eq!(
            decide(true, stored(MAC, false), sent(None)).unwrap(),
            Decision::Store
        );
        for (row, if_match) in [
            (stored(OTHER, true), Some(3)),
            (stored(OTHER, false), None),
            (None, None),
        ] {
            assert!(matches!(
                decide(true, row, sent(if_match)),
                Err(UploadError::FileComplete)
            ));
        }
    }
}
