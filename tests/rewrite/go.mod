module netns-lint.example/rewrite

go 1.26.0
