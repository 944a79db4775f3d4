package slack

// Where browsers come to install the bot in their workspace.
const (
	InstallPath = "/slack/install"
	OAuthPath   = "/slack/oauth"
)
