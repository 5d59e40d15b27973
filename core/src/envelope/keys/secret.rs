//! The shape that all 32-byte secrets share. What each one is for is said where it is declared.

/// Declares a 32-byte secret: zeroised on drop, redacted, compared in constant time, not `Copy`.
macro_rules! secret {
    ($(#[$doc:meta])* $vis:vis $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, zeroize::Zeroize, zeroize::ZeroizeOnDrop)]
        $vis struct $name([u8; 32]);

        impl $name {
            /// Takes over bytes that are this secret already; the caller wipes its own copy.
            $vis fn from_bytes(bytes: &[u8; 32]) -> Self {
                Self(*bytes)
            }

            /// The bytes, for a cipher or a store outside of this crate.
            $vis fn expose(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                subtle::ConstantTimeEq::ct_eq(self.0.as_slice(), other.0.as_slice()).into()
            }
        }

        impl Eq for $name {}

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

pub(super) use secret;

#[cfg(test)]
mod tests {
    secret!(
        /// Stands for all of them.
        Example
    );

    #[test]
    fn a_secret_prints_its_name_only() {
        assert_eq!(
            format!("{:?}", Example::from_bytes(&[0x41; 32])),
            "Example(..)"
        );
    }

    #[test]
    fn secrets_differ_when_any_byte_does() {
        let same = Example::from_bytes(&[1; 32]);
        assert_eq!(same, same.clone());
        for at in 0..32 {
            let mut bytes = [1; 32];
            bytes[at] = 2;
            assert_ne!(same, Example::from_bytes(&bytes));
        }
    }

    #[test]
    fn a_secret_is_wiped() {
        let mut secret = Example::from_bytes(&[9; 32]);
        zeroize::Zeroize::zeroize(&mut secret);
        assert_eq!(secret.expose(), &[0; 32]);
        assert!(std::mem::needs_drop::<Example>());
    }
}
