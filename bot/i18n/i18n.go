// Package i18n holds the words of the interface in every language: one
// catalogue a language, complete by test.
package i18n

import (
	"embed"
	"fmt"
	"maps"

	"github.com/goccy/go-yaml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"briefbot/content"
)

//go:embed en.yaml zh-Hans.yaml zh-Hant.yaml
var catalogues embed.FS

// Key names a phrase of the catalogues.
type Key string

// Phrases is every phrase in every language. It is immutable.
type Phrases struct {
	printers map[content.Lang]Printer
}

// Load reads the embedded catalogues.
func Load() (*Phrases, error) {
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("yaml", yaml.Unmarshal)
	p := &Phrases{printers: map[content.Lang]Printer{}}
	for _, lang := range content.Langs() {
		if _, err := bundle.LoadMessageFileFS(catalogues, string(lang)+".yaml"); err != nil {
			return nil, fmt.Errorf("reading the %s phrases: %w", lang, err)
		}
	}
	for _, lang := range content.Langs() {
		p.printers[lang] = Printer{localizer: i18n.NewLocalizer(bundle, string(lang)), lang: lang}
	}
	return p, nil
}

// In returns the phrases of one language, English for an unknown one.
func (p *Phrases) In(lang content.Lang) Printer {
	if printer, ok := p.printers[lang]; ok {
		return printer
	}
	return p.printers[content.English]
}

// Printer writes phrases in one language.
type Printer struct {
	localizer *i18n.Localizer
	lang      content.Lang
}

// Lang returns the language of the phrases.
func (p Printer) Lang() content.Lang { return p.lang }

// Args are the values of a phrase's placeholders by name. Values are
// inserted as they are.
type Args map[string]any

// T returns the phrase with its placeholders filled in. A phrase that is
// missing comes back as its key, which a test keeps from happening.
func (p Printer) T(key Key, args ...Args) string {
	var data Args
	switch len(args) {
	case 0:
	case 1:
		data = args[0]
	default:
		data = merged(args)
	}
	return p.localize(&i18n.LocalizeConfig{MessageID: string(key), TemplateData: data}, key)
}

// N returns the plural form of the phrase for n, which is the placeholder
// Count too.
func (p Printer) N(key Key, n int, args ...Args) string {
	data := merged(args)
	data["Count"] = n
	return p.localize(&i18n.LocalizeConfig{MessageID: string(key), TemplateData: data, PluralCount: n}, key)
}

func (p Printer) localize(config *i18n.LocalizeConfig, key Key) string {
	s, err := p.localizer.Localize(config)
	if err != nil {
		return string(key)
	}
	return s
}

func merged(args []Args) Args {
	all := Args{}
	for _, a := range args {
		maps.Copy(all, a)
	}
	return all
}
