package bot

import (
	"net/url"

	"briefbot/content"
)

// EntryPath returns the path of the page that shows an entry; a surface that
// is not the web page puts its configured public address before it.
func EntryPath(ref content.Ref) string {
	return BriefingPath(ref.Briefing) + "/" + url.PathEscape(ref.Entry)
}

// BriefingPath returns the path of the page that shows a briefing.
func BriefingPath(id string) string { return "/b/" + url.PathEscape(id) }
