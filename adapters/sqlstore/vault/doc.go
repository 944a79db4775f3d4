// Package vault seals the tokens of installations, so that a store and its
// backups hold nothing that anybody could act with. A Vault stands before any
// store of sealed tokens and implements bot.Installations for tokens as they
// are.
//
// Sealing is Tink's AEAD (AES-256-GCM). The associated data is the workspace
// and what the token is for: a sealed token that is copied to another row
// does not open there.
package vault
