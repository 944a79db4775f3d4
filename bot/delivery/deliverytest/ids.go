package deliverytest

import (
	"crypto/sha256"
	"encoding/hex"

	"briefbot/content"
)

func correctionID(occurrence string, ref content.Ref, revision string) string {
	sum := sha256.Sum256([]byte(ref.String() + " " + revision))
	const kept = 12
	return occurrence + "/c/" + hex.EncodeToString(sum[:])[:kept]
}
