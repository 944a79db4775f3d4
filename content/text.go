package content

// Lang is a BCP 47 language tag of those that briefings are written in.
type Lang string

// The languages of content and interface.
const (
	Hans    Lang = "zh-Hans"
	Hant    Lang = "zh-Hant"
	English Lang = "en"
)

// Langs lists every language in the order in which they are offered.
func Langs() []Lang { return []Lang{Hans, Hant, English} }

// Chinese reports whether l is written in Chinese characters.
func (l Lang) Chinese() bool { return l == Hans || l == Hant }

// Valid reports whether l is one of Langs.
func (l Lang) Valid() bool { return l == Hans || l == Hant || l == English }

// Text is one text in every language. Hans and English are required of
// editors; a missing Hant is converted from Hans when the file is loaded.
type Text struct {
	Hans    string `yaml:"zh-Hans" json:"zh-Hans" jsonschema:"required,minLength=1"`
	Hant    string `yaml:"zh-Hant,omitempty" json:"zh-Hant,omitempty"`
	English string `yaml:"en" json:"en" jsonschema:"required,minLength=1"`
}

// In returns the text in l; for an unknown language and for a missing
// traditional text the simplified one.
func (t Text) In(l Lang) string {
	switch {
	case l == English && t.English != "":
		return t.English
	case l == Hant && t.Hant != "":
		return t.Hant
	case t.Hans != "":
		return t.Hans
	}
	return t.English
}

// Empty reports whether the text is missing in every language.
func (t Text) Empty() bool { return t == Text{} }
