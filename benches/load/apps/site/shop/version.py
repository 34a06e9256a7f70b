"""What a deploy changes: read once, when the app is loaded."""

VERSION = "1"
