{{ union_segments() }}
