package fit

// UnitAt returns what holds the place in a text together: the text between the
// nearest places around it that may be broken on a page of any size.
func UnitAt(text string, at int) string {
	start, end := 0, len(text)
	for _, b := range boundaries(text, nil) {
		switch {
		case b.kind > afterLead:
		case b.off < at:
			start = b.off
		case b.off == at:
			return ""
		default:
			end = b.off
			return text[start:end]
		}
	}
	return text[start:end]
}
