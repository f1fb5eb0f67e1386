"""Prepared competitions as task folders of the Harbor format (harborframework.com), for other runners."""
