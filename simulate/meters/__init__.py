"""Pictures of meters whose truth is known: drums, segments, faces, whole scenes."""
